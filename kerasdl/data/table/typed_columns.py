"""Columns that hold numbers or dates, not text: those of data frames and Parquet."""

import math
from datetime import datetime

import numpy as np

LARGEST_INTEGER = 1e16
"""Whole numbers from here on are written with an exponent."""
MICROSECONDS = 10**6
FIRST, LAST = np.array(["0001-01-01", "9999-12-31"], "datetime64[s]").astype("int64")
"""Seconds since 1970 of the first and the last day that `datetime` has."""


def column_texts(column: np.ndarray) -> np.ndarray:
    """Return a column as text, with None for a missing value.

    Args:
        column: Objects that are `str` or None, float64 with NaN for a missing value, or
            datetime64 in microseconds with NaT.
    """
    if column.dtype.kind == "f":
        return number_texts(column)
    if column.dtype.kind == "M":
        return _objects([v if v is None else date_text(v) for v in column.tolist()])
    return column


def number_texts(column: np.ndarray) -> np.ndarray:
    """Return numbers as text, whole ones without a point; None for NaN."""
    return _objects(
        [None if math.isnan(v) else number_text(v) for v in column.tolist()]
    )


def number_text(value: float) -> str:
    """Return the shortest text of a number; equal numbers have equal texts."""
    if abs(value) < LARGEST_INTEGER and value == int(value):
        return str(int(value))
    return repr(value)


def date_text(value: datetime) -> str:
    """Return a date in ISO 8601, without the time if it is midnight."""
    return value.isoformat().removesuffix("T00:00:00")


def seconds(column: np.ndarray) -> np.ndarray:
    """Return dates as seconds since 1970, float64 with NaN where missing."""
    counts = column.astype("int64").tolist()
    values = np.array([count / MICROSECONDS for count in counts], "float64")
    values[np.isnat(column)] = np.nan
    return values


def dates_at(seconds: np.ndarray) -> np.ndarray:
    """Return seconds since 1970 as datetime64, rounded, within the years 1 to 9999.

    NaN is 1970.
    """
    whole = np.clip(np.nan_to_num(np.round(seconds)), FIRST, LAST)
    return whole.astype("int64").astype("datetime64[s]").astype("datetime64[us]")


def python_values(column: np.ndarray) -> np.ndarray:
    """Return a column as objects: `str`, `int`, `float`, `datetime` or None."""
    if column.dtype.kind != "f":
        return column.astype(object)  # NaT becomes None
    present = column[~np.isnan(column)]
    is_whole = (np.abs(present) < LARGEST_INTEGER).all() and (
        present == np.round(present)
    ).all()
    convert = int if is_whole else float
    return _objects([None if math.isnan(v) else convert(v) for v in column.tolist()])


def _objects(values: list) -> np.ndarray:
    column = np.empty(len(values), object)
    column[:] = values
    return column
