"""Numbers brought to a mean of 0 and a standard deviation of 1."""

import numpy as np

from kerasdl.data.arrays import place
from kerasdl.errors import DataError

ROWS = 4096
"""Rows treated at a time, which bounds the memory that float64 takes."""
FARTHEST = 2.0**24
"""Standard deviations from the mean from which on float32 resolves none of them: what a
model has learned of a feature is lost in rounding."""
SMALLEST = float(np.sqrt(np.finfo("float64").tiny))
"""The least standard deviation whose square float64 can hold."""


def mean_and_scale(
    values: np.ndarray, axes: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the standard deviation over some axes.

    What never varies, or by no more than rounding does (two units in the last place of
    its dtype), has a scale of 1.
    """
    mean = values.mean(axes, dtype="float64")
    scale = values.std(axes, dtype="float64")
    low, high = values.min(axes), values.max(axes)
    varies = (high > low) & (scale > SMALLEST)
    if values.dtype.kind == "f":
        last_place = np.spacing(np.maximum(np.abs(low), np.abs(high)))
        varies &= high - low > 2 * last_place
    return mean, np.where(varies, scale, 1.0)


def standardised(
    values: np.ndarray,
    rows: np.ndarray,
    mean: np.ndarray,
    scale: np.ndarray,
    bound: float,
    name: str,
    source: str,
) -> np.ndarray:
    """Return `(values[rows] - mean) / scale` in float32, all of it less than `bound`.

    Raises:
        DataError: With the first value that is not, and its row.
    """
    treated = np.empty((len(rows), *values.shape[1:]), "float32")
    for start in range(0, len(rows), ROWS):
        some = rows[start : start + ROWS]
        with np.errstate(over="ignore", invalid="ignore"):
            # In float64, or a small spread around a large mean would be rounded away.
            exact = (values[some].astype("float64") - mean) / scale
            treated[start : start + ROWS] = exact
        good = np.abs(treated[start : start + ROWS]) < bound
        if not good.all():
            first = np.argwhere(~good)[0]
            value, standard = values[some][tuple(first)], exact[tuple(first)]
            first[0] = some[first[0]]
            what = f"{name} is {value} at {place(first)} in {source}, {standard:.3g}"
            raise DataError(
                f"{what} once standardised, too far from the training data for float32",
                "drop those rows, fix the column, or train on data that vary so",
            )
    return treated
