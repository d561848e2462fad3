"""The preset and the task that arrays suggest."""

import numpy as np

from kerasdl import registry
from kerasdl.data.arrays import Arrays
from kerasdl.data.table.small import COLUMNS, ROWS
from kerasdl.data.table.suggested_task import MAX_CLASSES

DEFAULT = "classification"
"""The task where none is stated."""


def suggested_presets(raw: Arrays) -> list[tuple[str, str]]:
    """Return presets for inputs of a shape, and why, the best first; none for others."""
    if raw.x.ndim in (3, 4):
        return [("cnn", "the default for arrays of images")]
    if raw.x.ndim != 2:
        return []
    why = "the default for arrays of rows"
    is_small = len(raw.x) <= ROWS and raw.x.shape[1] <= COLUMNS
    return [("tabm", why)] * is_small + [("realmlp", why)]


def suggested_for_arrays(raw: Arrays, stated: str | None) -> tuple[str, str] | None:
    """Return the task that targets suggest, and why; None if the stated one fits.

    Whole numbers are classes, as are up to `MAX_CLASSES` values that are whole floats.
    Several columns of 0 and 1 are labels. Other numbers are predicted as numbers. If no
    task is stated, it is `DEFAULT`.
    """
    task = registry.find("tasks", stated or DEFAULT)
    if task.origin != "given" or task.takes_data_of == "regression":
        return None
    suggested = _task_of(raw.y)
    fits = suggested is None or task.takes_data_of == suggested[0]
    return None if fits else suggested


def _task_of(y: np.ndarray) -> tuple[str, str] | None:
    if y.dtype.kind not in "buif" or not y.size:
        return None
    if y.ndim == 2 and y.shape[1] > 1:
        if np.isin(y, (0, 1)).all():
            return "multi-label", "y has several columns of 0 and 1"
        return "regression", "y has several columns of numbers"
    if y.ndim != 1:
        return None
    if y.dtype.kind != "f":
        return "classification", "y holds whole numbers"
    if (y == np.round(y)).all() and len(np.unique(y)) <= MAX_CLASSES:
        return "classification", "y holds a few whole numbers"
    return "regression", f"y holds {y.dtype}"
