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
    run.write_calibration({"format": 1, "residuals": conformal.calibrate(residuals)})
    needed = conformal.least_examples(DEFAULT_COVERAGE)
    if len(residuals) >= needed:
        return None
    what = f"predictions have no intervals: {len(residuals)} validation examples"
    what = f"{what}, a coverage of {DEFAULT_COVERAGE} needs {needed}"
    return Finding("intervals", what, "give more data", severity="info")


def radius(run: RunDir, coverage: float | None) -> float | None:
    """Return half the width of the intervals of predictions.

    Args:
        run: The run.
        coverage: How many of new numbers the intervals hold, in (0, 1); None takes
            `DEFAULT_COVERAGE` if the run has intervals of it.

    Returns:
        The radius; None if the run has no such intervals, and none are asked for.

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
        residuals = _checked(values)
    except (KeyError, TypeError, ValueError) as fault:
        what = f"calibration.json of {run.path} is damaged: {fault}"
        raise ModelFileError(what, "restore it, or train again") from fault
    count, wanted = len(residuals), coverage or DEFAULT_COVERAGE
    if count >= conformal.least_examples(wanted):
        return conformal.radius(residuals, wanted)
    if coverage is None:
        return None
    what = f"--coverage {coverage:g} needs {conformal.least_examples(wanted)}"
    what = f"{what} validation examples, {run.path} has {count}"
    raise ConfigError(what, "lower it, or train with more data")


def _checked(values: dict[str, Any]) -> list[float]:
    """Return the residuals; raise unless `write` could have written them."""
    residuals = values["residuals"]
    if values["format"] != 1 or not isinstance(residuals, list):
        raise ValueError("it is of another version")
    if not 0 < len(residuals) <= MAX_RESIDUALS:
        raise ValueError(f"it holds {len(residuals)} residuals")
    if not all(type(each) is float and math.isfinite(each) for each in residuals):
        raise TypeError("a residual is not a finite number")
    if residuals[0] < 0 or residuals != sorted(residuals):
        raise ValueError("the residuals are not sorted numbers from 0")
    return residuals
