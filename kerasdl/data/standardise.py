"""Standardisation to mean 0 and standard deviation 1."""

import math

import numpy as np

from kerasdl.data.arrays import place
from kerasdl.data.row_chunks import row_chunks
from kerasdl.errors import DataError

FARTHEST = 2.0**24
"""Bound on the distance from the mean, in standard deviations. Beyond it, float32
cannot resolve one standard deviation, so rounding destroys the feature."""
SMALLEST = float(np.sqrt(np.finfo("float64").tiny))
"""Smallest standard deviation whose square float64 can hold."""


def mean_and_scale(
    values: np.ndarray, axes: tuple[int, ...], constant: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and standard deviation over some axes.

    A value that is constant, or varies only by rounding (two units in the last place
    of its dtype), gets the scale `constant`.
    """
    mean = values.mean(axes, dtype="float64")
    scale = values.std(axes, dtype="float64")
    return mean, np.where(varies(values, axes) & (scale > SMALLEST), scale, constant)


def mean_and_scale_of_rows(
    values: np.ndarray, rows: np.ndarray, axes: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Return `mean_and_scale(values[rows], axes)` without a copy of all rows.

    The sums have another order, so the last bits may differ.

    Args:
        values: Numbers of shape `(examples, …)`.
        rows: Row numbers, one or more.
        axes: Axes to average over, the first among them.
    """
    shape, lows, highs, total = values.shape[1:], [], [], np.zeros(())
    for chunk in row_chunks(rows, shape):
        part = values[chunk]
        lows.append(part.min(axes))
        highs.append(part.max(axes))
        total = total + part.sum(axes, dtype="float64")
    count = math.prod((len(rows), *(values.shape[axis] for axis in axes if axis)))
    mean, squares = total / count, np.zeros(())
    for chunk in row_chunks(rows, shape):
        centred = values[chunk].astype("float64")
        centred -= np.expand_dims(mean, axes)[0]
        squares = squares + np.square(centred, out=centred).sum(axes)
    scale, low, high = np.sqrt(squares / count), np.min(lows, 0), np.max(highs, 0)
    return mean, np.where(_differ(low, high) & (scale > SMALLEST), scale, 1.0)


def varies(values: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """Return where values vary over some axes, by more than rounding.

    Rounding is two units in the last place of their dtype, and `SMALLEST` at least.
    """
    return _differ(values.min(axes), values.max(axes))


def _differ(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    if low.dtype.kind != "f":
        return high > low
    last_place = np.spacing(np.maximum(np.abs(low), np.abs(high)))
    with np.errstate(over="ignore"):
        return high - low > np.maximum(2 * last_place, SMALLEST)


def standardised(
    values: np.ndarray,
    rows: np.ndarray,
    mean: np.ndarray,
    scale: np.ndarray,
    bound: float,
    name: str,
    source: str,
) -> np.ndarray:
    """Return `(values[rows] - mean) / scale` in float32, checked against `bound`.

    Raises:
        DataError: If a result is not below `bound` in size; names the first value and
            its row.
    """
    result, end = np.empty((len(rows), *values.shape[1:]), "float32"), 0
    for chunk in row_chunks(rows, values.shape[1:]):
        start, end = end, end + len(chunk)
        with np.errstate(over="ignore", invalid="ignore"):
            # In float32, rounding would remove a small spread around a large mean.
            exact = (values[chunk].astype("float64") - mean) / scale
            result[start:end] = exact
        in_range = np.abs(result[start:end]) < bound
        if not in_range.all():
            first = np.argwhere(~in_range)[0]
            value, standard = values[chunk][tuple(first)], exact[tuple(first)]
            first[0] = chunk[first[0]]
            what = f"{name} is {value} at {place(first)} in {source}, {standard:.3g}"
            raise DataError(
                f"{what} once standardised, too far from the training data for float32",
                "drop those rows, fix the column, or train on data with this range",
            )
    return result
