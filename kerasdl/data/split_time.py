"""Splits by time: the newest rows are held out."""

import numpy as np

from kerasdl.data.split import parted
from kerasdl.errors import DataError


def hold_out_newest(
    rows: np.ndarray, times: np.ndarray, fraction: float, part: str, source: str
) -> tuple[np.ndarray, np.ndarray]:
    """Split rows in two at a moment, so that all newer ones are held out.

    Rows of the same time stay together. So the number of rows held out is as close to
    the fraction as they allow.

    `times` is the time of every example, float64, and `source` is the name of the times,
    for messages. The rest is as in `split.hold_out`.

    Raises:
        DataError: If all rows have the same time.
    """
    if fraction == 0:
        return rows, rows[:0]
    moments, counts = np.unique(times[rows], return_counts=True)
    if len(moments) < 2:
        what = f"cannot split a {part} set off {source}: all rows left are of one time"
        hint = f"give more rows, or change data.{part}_fraction or data.time"
        raise DataError(what, hint)
    newer = len(rows) - np.cumsum(counts[:-1])  # rows held out by each border
    border = moments[1:][np.argmin(np.abs(newer - fraction * len(rows)))]
    return parted(rows, times[rows] >= border)
