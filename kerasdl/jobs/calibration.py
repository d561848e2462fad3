"""Intervals of a run's predictions: calibrated with training, read for predictions."""

import math
from typing import Any

import numpy as np

from kerasdl.data.targets import Targets
from kerasdl.diagnostics import conformal
from kerasdl.diagnostics.conformal import DEFAULT_COVERAGE, MAX_RESIDUALS
from kerasdl.errors import ConfigError, ModelFileError
from kerasdl.finding import Finding
from kerasdl.rundir import RunDir
from kerasdl.tasks.measured import Predicted


def write(
    run: RunDir, targets: Targets, validation: Predicted | None
) -> Finding | None:
    """Write the residuals of the validation split, if the task has intervals.

    Returns:
        What the user should know: that there are too few for intervals.
    """
    if validation is None:
        return None
    residuals = targets.residuals(*validation)
    if residuals is None or not np.isfinite(residuals).all():
        return None
    run.write_calibration(_kept(residuals))
    needed = conformal.least_examples(DEFAULT_COVERAGE)
    if len(residuals) >= needed:
        return None
    what = f"predictions have no intervals: {len(residuals)} validation examples"
    what = f"{what}, a coverage of {DEFAULT_COVERAGE} needs {needed}"
    return Finding("intervals", what, "give more data", severity="info")


def _kept(residuals: np.ndarray) -> dict[str, Any]:
    """Return the values to write: a list, or a list of one for each target."""
    if residuals.ndim == 1:
        return {"format": 1, "residuals": conformal.calibrate(residuals)}
    of_each = [conformal.calibrate(column) for column in residuals.T]
    return {"format": 2, "residuals": of_each}


def radius(run: RunDir, targets: Targets, coverage: float | None) -> np.ndarray | None:
    """Return half the width of the intervals of predictions.

    Args:
        run: The run.
        targets: The target encoding of the run.
        coverage: How many of new numbers the intervals hold, in (0, 1); None takes
            `DEFAULT_COVERAGE` if the run has intervals of it.

    Returns:
        The radius, of shape `()`, or `(targets,)` if there are several; None if the run
        has no such intervals, and none are asked for.

    Raises:
        ConfigError: If they are asked for.
        ModelFileError: If `calibration.json` is damaged.
    """
    values = run.read_calibration()
    if values is None and coverage is None:
        return None
    if values is None:
        what = f"{run.path} has no intervals"
        hint = "only numbers of a run with a validation split have some"
        raise ConfigError(what, f"leave --coverage out: {hint}")
    try:
        columns = _checked(values, targets.num_outputs)
    except (KeyError, TypeError, ValueError) as fault:
        what = f"calibration.json of {run.path} is damaged: {fault}"
        raise ModelFileError(what, "restore it, or train again") from fault
    count, wanted = min(map(len, columns)), coverage or DEFAULT_COVERAGE
    if count >= conformal.least_examples(wanted):
        radii = np.array([conformal.radius(each, wanted) for each in columns])
        return radii[0] if values["format"] == 1 else radii
    if coverage is None:
        return None
    what = f"--coverage {coverage:g} needs {conformal.least_examples(wanted)}"
    what = f"{what} validation examples, {run.path} has {count}"
    raise ConfigError(what, "lower it, or train with more data")


def _checked(values: dict[str, Any], targets: int | None) -> list[list[float]]:
    """Return the residuals of each target; raise unless `write` could have."""
    residuals = values["residuals"]
    if values["format"] not in (1, 2) or not isinstance(residuals, list):
        raise ValueError("it is of another version")
    if values["format"] == 1:
        return [_checked_column(residuals)]
    if len(residuals) != targets:
        raise ValueError(f"it is for {len(residuals)} targets, not {targets}")
    return [*map(_checked_column, residuals)]


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
