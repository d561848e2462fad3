"""What the texts of a column may mean: missing values, numbers and dates."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

import numpy as np

from kerasdl.data.table.table import Table
from kerasdl.errors import DataError

Decimal = Literal["auto", ".", ","]

MISSING = frozenset(
    ["NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "<NA>", "#N/A", "?", "-", "."]
)
"""Spellings of a missing value, besides an empty one."""
MISSING_NUMBER = MISSING | {"None", "none"}
"""Among words, `None` is one of them."""
PLAIN = {
    ".": re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII),
    ",": re.compile(r"[+-]?(\d+,?\d*|,\d+)([eE][+-]?\d+)?", re.ASCII),
}
"""Numbers without separators between thousands, by their decimal separator."""
THOUSANDS = {
    ".": re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII),
    ",": re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d*)?", re.ASCII),
}
"""Numbers with separators between thousands, by their decimal separator."""
DATE_FORMATS = (
    "%Y/%m/%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
)
"""Formats besides ISO 8601; each may be followed by a time of day."""
TIMES = ("", " %H:%M", " %H:%M:%S")
MAX_SPELLINGS = 1000
MAX_DIGITS = 16
"""Characters of a whole number that float64 can hold, with its sign."""


@dataclass(frozen=True)
class Spelling:
    """How the values of a column are spelled.

    Args:
        missing: Spellings of a missing value; `"auto"` among them stands for the usual
            ones.
        decimal: The decimal separator; `"auto"` must be recognised.
        date_format: `"iso"`, or as for `datetime.strptime`; `"auto"` must be recognised.
    """

    missing: tuple[str, ...] = ("auto",)
    decimal: Decimal = "auto"
    date_format: str = "auto"

    def of_missing(self, usual: frozenset[str] = MISSING) -> frozenset[str]:
        """Return the spellings of a missing value."""
        return frozenset(self.missing) | (usual if "auto" in self.missing else set())

    def check(self) -> None:
        """Raise `TypeError` or `ValueError` unless columns can be read by it."""
        if len(self.missing) > MAX_SPELLINGS:
            raise ValueError(f"missing has more than {MAX_SPELLINGS} spellings")
        if not all(isinstance(text, str) for text in self.missing):
            raise TypeError("a spelling of a missing value is not text")
        if self.decimal not in ("auto", ".", ","):
            raise ValueError(f"decimal is {self.decimal!r}")
        if not isinstance(self.date_format, str):
            raise TypeError(f"date_format is {self.date_format!r}")
        if self.date_format not in ("auto", "iso"):
            check_date_format(self.date_format)


def check_date_format(date_format: str) -> None:
    """Raise `ValueError` unless `datetime.strptime` takes a format."""
    try:
        text = datetime(2026, 11, 26, 9, 8, 7).strftime(date_format)
        datetime.strptime(text, date_format)
    except (ValueError, re.error) as fault:
        raise ValueError(f"date_format is {date_format!r}: {fault}") from fault


def texts_of(column: np.ndarray, spelling: Spelling) -> np.ndarray:
    """Return a column as text, with None for a missing value."""
    if column.dtype != object:
        return _number_texts(column)
    missing, texts = spelling.of_missing(), column.copy()
    texts[[value in missing for value in column]] = None
    return texts


def classes_of(table: Table, name: str, spelling: Spelling) -> np.ndarray:
    """Return a column as names of classes, with None for a missing value.

    If all values are numbers, equal ones have one name: `1` for `1`, `1.0` and `+1`.
    """
    column = table.column(name)
    texts = texts_of(column, spelling)
    if column.dtype != object:
        return texts
    place = f"{name!r} of {table.source}"
    present = {text for text in texts if text is not None}
    resolved = with_decimal(present, spelling, place)
    numbers, wrong = parse_numbers(column, resolved)
    if wrong.any() or np.isnan(numbers).all():
        return texts
    return _number_texts(numbers)


def numbers_of(table: Table, name: str, spelling: Spelling) -> np.ndarray:
    """Return a column as float64, with NaN for a missing value.

    Args:
        table: The table.
        name: Name of the column.
        spelling: How its numbers are spelled, with the decimal separator.

    Raises:
        DataError: If a value is not a finite number; names lines.
    """
    column = table.column(name)
    if column.dtype != object:
        return column
    values, wrong = parse_numbers(column, spelling)
    if wrong.any():
        rows = np.flatnonzero(wrong)
        shown = table.places(rows, column[rows])
        what = f"column {name!r} of {table.source} holds numbers, but {shown}"
        hint = "fix them, or name the column in data.categories or data.ignore"
        raise DataError(what, hint)
    return values


def parse_numbers(
    column: np.ndarray, spelling: Spelling
) -> tuple[np.ndarray, np.ndarray]:
    """Return float64 values, NaN where missing, and which values are not numbers.

    Args:
        column: Objects that are `str` or None.
        spelling: As for `numbers_of`.
    """
    missing = spelling.of_missing(MISSING_NUMBER)
    texts = {text for text in column if text is not None} - missing
    known = {text: _number(text, spelling.decimal) for text in texts}
    values = np.array([known.get(text, np.nan) for text in column], "float64")
    wrong = np.array([text in known for text in column], bool) & ~np.isfinite(values)
    return values, wrong


def with_decimal(texts: Collection[str], spelling: Spelling, place: str) -> Spelling:
    """Return a spelling with the separator by which more of the texts are numbers.

    Args:
        texts: The distinct values of the column.
        spelling: How values are spelled.
        place: Describes the column, for messages.

    Raises:
        DataError: If a comma may be a decimal separator or one between thousands.
    """
    if spelling.decimal != "auto":
        return spelling
    numbers = {
        decimal: {t for t in texts if np.isfinite(_number(t, decimal))}
        for decimal in ".,"
    }
    point, comma = len(numbers["."]), len(numbers[","])
    with_comma = [text for text in numbers[","] if "," in text]
    if point == comma and with_comma:
        what = f"{min(with_comma)!r} in {place} may have a decimal comma or thousands"
        raise DataError(what, "set data.decimal to ',' or '.'")
    return replace(spelling, decimal="." if point >= comma else ",")


def _number(text: str, decimal: str) -> float:
    """Return the number that a text spells, or NaN."""
    if len(text) > MAX_DIGITS and text.lstrip("+-").isdigit():
        return np.nan  # an identifier, which float64 would round
    thousands = "," if decimal == "." else "."
    if THOUSANDS[decimal].fullmatch(text):
        text = text.replace(thousands, "")
    if not PLAIN[decimal].fullmatch(text):
        return np.nan
    return float(text.replace(",", "."))


def _number_texts(column: np.ndarray) -> np.ndarray:
    """Return numbers as text, whole ones without a point."""
    texts = np.empty(len(column), object)
    for row, value in enumerate(column):
        if np.isnan(value):
            texts[row] = None
        else:
            texts[row] = str(int(value)) if value == int(value) else repr(float(value))
    return texts


def dates_of(table: Table, name: str, spelling: Spelling) -> np.ndarray:
    """Return a column as seconds since 1970 in UTC, float64, with NaN where missing.

    Args:
        table: The table.
        name: Name of the column.
        spelling: How its dates are spelled, with their format.

    Raises:
        DataError: If a value is not a date; names lines.
    """
    column = texts_of(table.column(name), spelling)
    known = {
        text: _seconds(text, spelling.date_format)
        for text in {*column}
        if text is not None
    }
    wrong = [row for row, t in enumerate(column) if t is not None and known[t] is None]
    if wrong:
        shown = table.places(wrong, column[wrong])
        what = f"column {name!r} of {table.source} holds dates, but {shown}"
        raise DataError(what, "fix them, or set data.date_format")
    return np.array([np.nan if t is None else known[t] for t in column], "float64")


def with_date_format(
    texts: Collection[str], spelling: Spelling, place: str
) -> Spelling | None:
    """Return a spelling with the format of dates; None if not all texts are dates.

    Args:
        texts: The distinct values of the column.
        spelling: How values are spelled.
        place: Describes the column, for messages.

    Raises:
        DataError: If the order of day and month is unclear.
    """
    formats = [spelling.date_format]
    if spelling.date_format == "auto":
        formats = [f"{day}{time}" for day in DATE_FORMATS for time in TIMES]
    fitting = [
        each
        for each in ("iso", *formats)
        if texts and all(_seconds(text, each) is not None for text in texts)
    ]
    if len(fitting) > 1 and "iso" not in fitting:
        what = f"the day and the month of {min(texts)!r} in {place} are unclear"
        raise DataError(what, f"set data.date_format, such as {fitting[0]!r}")
    return replace(spelling, date_format=fitting[0]) if fitting else None


def _seconds(text: str, date_format: str) -> float | None:
    """Return seconds since 1970, or None if a text is not such a date."""
    try:
        if date_format != "iso":
            return _timestamp(datetime.strptime(text, date_format))
        if len(text) < len("2026-11-26") or text[4] != "-":
            return None
        return _timestamp(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


def _timestamp(date: datetime) -> float:
    """Return seconds since 1970; a date without a zone is taken as UTC."""
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return date.timestamp()
