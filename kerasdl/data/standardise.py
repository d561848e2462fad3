"""Standardisation to mean 0 and standard deviation 1."""

import numpy as np

from kerasdl.data.arrays import place
from kerasdl.errors import DataError

ROWS = 4096
"""Rows processed at a time, which bounds the float64 memory."""
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


def varies(values: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """Return where values vary over some axes, by more than rounding.

    Rounding is two units in the last place of their dtype, and `SMALLEST` at least.
    """
    low, high = values.min(axes), values.max(axes)
    if values.dtype.kind != "f":
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
    result = np.empty((len(rows), *values.shape[1:]), "float32")
    for start in range(0, len(rows), ROWS):
        chunk = rows[start : start + ROWS]
        with np.errstate(over="ignore", invalid="ignore"):
            # In float32, rounding would remove a small spread around a large mean.
            exact = (values[chunk].astype("float64") - mean) / scale
            result[start : start + ROWS] = exact
        in_range = np.abs(result[start : start + ROWS]) < bound
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
