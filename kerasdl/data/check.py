"""Everything about the arrays that would spoil a run, found before it starts."""

from collections.abc import Iterable

import numpy as np

from kerasdl.config.schema import Data
from kerasdl.data.arrays import Arrays
from kerasdl.errors import DataError


def check(arrays: Arrays, config: Data) -> int | None:
    """Check arrays against the task.

    Returns:
        The number of outputs a model needs: classes, 1 for regression, or None for
        reconstruction, which has as many as inputs and does not look at targets.

    Raises:
        DataError: With the array, the row and the value at fault.
    """
    for suffix, x, y in arrays.parts():
        where = f"in {arrays.source}"
        _check_inputs(x, f"x{suffix}", where)
        if x.shape[1:] != arrays.x.shape[1:]:
            what = f"x{suffix} has shape {x.shape} {where}, x has {arrays.x.shape}"
            raise DataError(what, "give both the same shape after the first axis")
        if config.task == "reconstruction":
            continue
        if y.shape != (len(x),):
            what = f"x{suffix} has {len(x)} rows {where}, y{suffix} has shape {y.shape}"
            raise DataError(what, f"give y{suffix} the shape ({len(x)},)")
        if config.task == "classification":
            _check_labels(y, f"y{suffix}", where)
        else:
            _check_numbers(y, f"y{suffix}", where)
    if config.task == "classification":
        return _num_classes(arrays, config)
    return 1 if config.task == "regression" else None


def _check_inputs(x: np.ndarray, name: str, where: str) -> None:
    if x.ndim < 2 or 0 in x.shape:
        what = f"{name} has shape {x.shape} {where}"
        raise DataError(
            what, "give it the shape (examples, features, …), none of them 0"
        )
    _check_numbers(x, name, where)


def _check_numbers(values: np.ndarray, name: str, where: str) -> None:
    if values.dtype.kind not in "buif":
        what = f"{name} holds {values.dtype} {where}"
        raise DataError(what, "give integers or floating-point numbers")
    if values.dtype.kind != "f":
        return
    with np.errstate(over="ignore"):
        finite = np.isfinite(values.astype("float32", copy=False))
    if not finite.all():
        first = np.argwhere(~finite)[0]
        count = int((~finite).sum())
        what = (
            f"{name} is {values[tuple(first)]} at {place(first)} {where}, "
            f"no finite float32 ({count} such in all)"
        )
        raise DataError(what, "drop those rows, fill them in, or rescale")


def place(index: Iterable[int]) -> str:
    """Return where in an array of examples something is, in words."""
    row, *rest = (int(i) for i in index)
    if not rest:
        return f"row {row}"
    return f"row {row}, column {rest[0] if len(rest) == 1 else tuple(rest)}"


def _check_labels(y: np.ndarray, name: str, where: str) -> None:
    if y.dtype.kind not in "bui":
        what = f"{name} has dtype {y.dtype} {where}; class labels are integers from 0"
        raise DataError(what, f"cast {name}, or use a regression preset")
    if (y < 0).any():
        row = int(np.argmax(y < 0))
        what = f"{name} is {y[row]} at row {row} {where}; class labels start at 0"
        raise DataError(what, "renumber the classes 0, 1, …")


def _num_classes(arrays: Arrays, config: Data) -> int:
    """Return the number of classes, once every label is known to be one of them."""
    if config.num_classes == "auto":
        labels = np.unique(arrays.y)
        if (gaps := np.flatnonzero(labels != np.arange(len(labels)))).size:
            missing, label = int(gaps[0]), labels[gaps[0]]
            row = int(np.argmax(arrays.y == label))
            what = (
                f"y is {label} at row {row} in {arrays.source}, "
                f"but no example has class {missing}"
            )
            hint = "number the classes without gaps, or set data.num_classes"
            raise DataError(what, hint)
        num_classes = len(labels)
    else:
        num_classes = config.num_classes
    for suffix, _, y in arrays.parts():
        if (y >= num_classes).any():
            row = int(np.argmax(y >= num_classes))
            what = (
                f"y{suffix} is {y[row]} at row {row} in {arrays.source}; "
                f"the {num_classes} classes are 0 … {num_classes - 1}"
            )
            raise DataError(what, "fix the label, or set data.num_classes")
    return num_classes
