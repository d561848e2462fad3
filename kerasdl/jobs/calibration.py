"""What the validation split tells of predictions: written by training, read by `predict`."""

import math
from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from kerasdl.data.targets import Level, Targets
from kerasdl.diagnostics import anomaly, conformal
from kerasdl.diagnostics.conformal import MAX_RESIDUALS
from kerasdl.errors import ConfigError, ModelFileError
from kerasdl.finding import Finding
from kerasdl.jobs.added import added
from kerasdl.rundir import RunDir
from kerasdl.tasks.measured import Measured

LEVELS = (conformal.COVERAGE, anomaly.THRESHOLD)
"""The options of `predict`."""


class Calibration(NamedTuple):
    """What predictions are calibrated with.

    Args:
        residuals: As for `Targets.calibrated`.
        level: As for `Targets.calibrated`.
    """

    residuals: list[list[float]]
    level: float | None


def write(run: RunDir, targets: Targets, validation: Measured | None) -> Finding | None:
    """Write the residuals of the validation split, if the task calibrates.

    Returns:
        What the user should know: that there are too few for the default level.
    """
    if validation is None or targets.level is None:
        return None
    residuals = validation.residuals
    if validation.predicted:
        residuals = targets.residuals(*validation.predicted)
    if residuals is None or not np.isfinite(residuals).all():
        return None
    run.write_calibration(_kept(residuals))
    level, count = targets.level, len(residuals)
    if count >= conformal.least_examples(level.default):
        return None
    hint = f"give more data, or predict with a lower --{level.option}"
    return Finding("intervals", _too_few(level, count), hint, severity="info")


def _kept(residuals: np.ndarray) -> dict[str, Any]:
    """Return the values to write: a list, or a list of one for each target."""
    if residuals.ndim == 1:
        return {"format": 1, "residuals": conformal.calibrate(residuals)}
    of_each = [conformal.calibrate(column) for column in residuals.T]
    return {"format": 2, "residuals": of_each}


def is_missing(run: RunDir, targets: Targets) -> bool:
    """Return whether a run lacks the calibration that its task has."""
    return targets.level is not None and run.read_calibration() is None


def add(run: RunDir, targets: Targets, validation: Measured) -> str:
    """Write the residuals to a run that lacks them, and renew its manifest.

    Returns:
        What was done, or why it was not.
    """

    def write_residuals() -> str:
        write(run, targets, validation)
        return "a prediction is not finite" if is_missing(run, targets) else ""

    return added(run, write_residuals)


def read(
    run: RunDir,
    targets: Targets,
    levels: Mapping[str, float | None],
    report: Callable[[str], Any],
) -> Calibration | None:
    """Return what the predictions of a run are calibrated with.

    Args:
        run: The run.
        targets: Its target encoding.
        levels: Values of `LEVELS` by the name of the option; None takes the default, if
            there are enough residuals for it.
        report: Called with a line if the run lacks what its task could have.

    Returns:
        The calibration; None if the task or the run has none.

    Raises:
        ConfigError: If a level is out of range, or given without such residuals.
        ModelFileError: If `calibration.json` is damaged.
    """
    for option in LEVELS:
        _check(run, option, levels.get(option.option), targets)
    if (level := targets.level) is None:
        return None
    given = levels.get(level.option)
    if (values := run.read_calibration()) is None:
        what, hint = f"{run.path} has no {level.name}", _hint_to_calibrate(run)
        if given is not None:
            raise ConfigError(what, f"leave --{level.option} out: {hint}")
        report(f"{what} — {hint}")
        return None
    try:
        columns = _checked(values, targets.num_outputs)
    except (KeyError, TypeError, ValueError) as fault:
        what = f"calibration.json of {run.path} is damaged: {fault}"
        raise ModelFileError(what, "restore it, or train again") from fault
    count, wanted = min(map(len, columns)), level.default if given is None else given
    if count >= (needed := conformal.least_examples(wanted)):
        return Calibration(columns, wanted)
    if given is not None:
        what = f"--{level.option} {wanted:g} needs {needed} validation examples"
        hint = "lower it, or train with more data"
        raise ConfigError(f"{what}, {run.path} has {count}", hint)
    report(f"{_too_few(level, count)} — lower --{level.option}")
    return Calibration(columns, None)


def _check(run: RunDir, option: Level, value: float | None, targets: Targets) -> None:
    """Raise `ConfigError` if a level is out of range, or has no meaning in the task."""
    if value is None:
        return
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not is_number or not 0 < value < 1:
        what = f"--{option.option} {value!r} is out of range"
        raise ConfigError(what, "give a number between 0 and 1")
    if option != targets.level:
        what = f"{run.path} has no {option.name}"
        hint = f"only {option.task} of a run with a validation split have some"
        raise ConfigError(what, f"leave --{option.option} out: {hint}")


def _hint_to_calibrate(run: RunDir) -> str:
    """Return what gives a run its `calibration.json`."""
    if run.read_config().data.validation_fraction > 0:
        return f"kerasdl evaluate {run.path} calibrates them"
    return "train with data.validation_fraction above 0"


def _too_few(level: Level, count: int) -> str:
    """Say that there are too few residuals for the default of a level."""
    needed = conformal.least_examples(level.default)
    what = f"predictions have no {level.name}: {count} validation examples"
    return f"{what}, a {level.option} of {level.default} needs {needed}"


def _checked(values: dict[str, Any], targets: int | None) -> list[list[float]]:
    """Return the residuals of each target; raise unless `write` could have."""
    residuals = values["residuals"]
    form = values["format"]
    if type(form) is not int or form not in (1, 2) or not isinstance(residuals, list):
        raise ValueError("it is of another version")
    columns = [residuals] if form == 1 else residuals
    if len(columns) != (needed := targets or 1):
        raise ValueError(f"it is for {len(columns)} targets, not {needed}")
    return [*map(_checked_column, columns)]


def _checked_column(residuals: Any) -> list[float]:
    if not isinstance(residuals, list):
        raise TypeError("the residuals of a target are no list")
    if not 0 < len(residuals) <= MAX_RESIDUALS:
        raise ValueError(f"it holds {len(residuals)} residuals")
    if not all(type(each) is float and math.isfinite(each) for each in residuals):
        raise TypeError("a residual is not a finite number")
    if residuals[0] < 0 or residuals != sorted(residuals):
        raise ValueError("the residuals are not sorted numbers from 0")
    return residuals
