"""What the texts of a column may mean: missing values, numbers and dates."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Spelling:
    """How values are spelled in a table.

    Args:
        missing: Spellings of a missing value; None stands for the usual ones.
        decimal: The decimal separator; `auto` recognises it for each column.
        date_format: As for `datetime.strptime`; empty recognises it for each column.
    """

    missing: Collection[str] | None = None
    decimal: Decimal = "auto"
    date_format: str = ""


def text_values(column: np.ndarray, spelling: Spelling) -> np.ndarray:
    """Return a column as text, with None for a missing value."""
    if column.dtype != object:
        return _number_texts(column)
    missing = MISSING if spelling.missing is None else spelling.missing
    texts = column.copy()
    texts[[value in missing for value in column]] = None
    return texts


def numbers(table: Table, name: str, spelling: Spelling) -> np.ndarray:
    """Return a column as float64, with NaN for a missing value.

    Raises:
        DataError: If a value is not a finite number; names lines.
    """
    column = table.column(name)
    if column.dtype != object:
        return column
    values, wrong = parse_numbers(column, spelling, f"{name!r} of {table.source}")
    if wrong.any():
        rows = np.flatnonzero(wrong)
        shown = table.places(rows, column[rows])
        what = f"column {name!r} of {table.source} holds numbers, but {shown}"
        hint = "fix them, or name the column in data.categories or data.ignore"
        raise DataError(what, hint)
    return values


def parse_numbers(
    column: np.ndarray, spelling: Spelling, place: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return float64 values, NaN where missing, and which values are no numbers.

    Args:
        column: Objects that are `str` or None.
        spelling: How numbers are spelled.
        place: Describes the column, for messages.

    Raises:
        DataError: If a comma may be a decimal separator or one between thousands.
    """
    missing = MISSING_NUMBER if spelling.missing is None else spelling.missing
    texts = {text for text in column if text is not None} - {*missing}
    decimal = spelling.decimal
    if decimal == "auto":
        decimal = _decimal(texts, place)
    known = {text: _number(text, decimal) for text in texts}
    values = np.array([known.get(text, np.nan) for text in column], "float64")
    wrong = np.array([text in known for text in column], bool) & ~np.isfinite(values)
    return values, wrong


def _decimal(texts: Collection[str], place: str) -> str:
    """Return the decimal separator by which more of the texts are numbers."""
    if not any("," in text for text in texts):
        return "."
    point, comma = (
        sum(not np.isnan(_number(text, decimal)) for text in texts) for decimal in ".,"
    )
    if point == comma > 0:
        text = next(text for text in sorted(texts) if "," in text)
        what = f"{text!r} in {place} may have a decimal comma or thousands"
        raise DataError(what, "set data.decimal to ',' or '.'")
    return "." if point > comma else ","


def _number(text: str, decimal: str) -> float:
    """Return the number that a text spells, or NaN."""
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


def dates(table: Table, name: str, spelling: Spelling) -> np.ndarray:
    """Return a column as seconds since 1970 in UTC, float64, with NaN where missing.

    Raises:
        DataError: If a value is not a date, or the order of day and month is unclear.
    """
    column = text_values(table.column(name), spelling)
    texts = {text for text in column if text is not None}
    parse = date_parser(texts, spelling, f"{name!r} of {table.source}")
    known = {text: parse(text) for text in texts} if parse else dict.fromkeys(texts)
    wrong = [row for row, t in enumerate(column) if t is not None and known[t] is None]
    if wrong:
        shown = table.places(wrong, column[wrong])
        what = f"column {name!r} of {table.source} holds dates, but {shown}"
        raise DataError(what, "fix them, or set data.date_format")
    return np.array([np.nan if t is None else known[t] for t in column], "float64")


def date_parser(
    texts: Collection[str], spelling: Spelling, place: str
) -> Callable[[str], float | None] | None:
    """Return a function that reads the dates of a column; None if they are no dates.

    Args:
        texts: The distinct values.
        spelling: How dates are spelled.
        place: Describes the column, for messages.

    Raises:
        DataError: If the order of day and month is unclear.
    """
    if spelling.date_format:
        return lambda text: _seconds(text, spelling.date_format)
    if not texts:
        return None
    if all(_iso_seconds(text) is not None for text in texts):
        return _iso_seconds
    formats = [f"{day}{time}" for day in DATE_FORMATS for time in TIMES]
    fitting = [
        each for each in formats if all(_seconds(t, each) is not None for t in texts)
    ]
    if len(fitting) > 1:
        what = f"the day and the month of {min(texts)!r} in {place} are unclear"
        raise DataError(what, f"set data.date_format, such as {fitting[0]!r}")
    if not fitting:
        return None
    return lambda text: _seconds(text, fitting[0])


def _seconds(text: str, date_format: str) -> float | None:
    try:
        date = datetime.strptime(text, date_format)
    except ValueError:
        return None
    return _timestamp(date)


def _iso_seconds(text: str) -> float | None:
    if len(text) < len("2026-11-26") or text[4] != "-":
        return None
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return None
    return _timestamp(date)


def _timestamp(date: datetime) -> float:
    """Return seconds since 1970; a date without a zone is taken as UTC."""
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return date.timestamp()
