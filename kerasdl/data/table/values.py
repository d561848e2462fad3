"""What the texts of a column may mean: missing values, numbers and dates."""

import math
import re
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from kerasdl.data.table.numbers import decimal_of, has_comma, number, numbers
from kerasdl.data.table.spelling import MISSING_NUMBER, Spelling
from kerasdl.data.table.table import Table
from kerasdl.data.table.typed_columns import (
    column_texts,
    number_text,
    number_texts,
    seconds,
)
from kerasdl.errors import DataError

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
CODE = re.compile(r"[+-]?0\d.*", re.DOTALL)
"""Digits that are a code, as the first zero tells."""
BOOLEANS = {"true": "True", "false": "False"}


def texts_of(column: np.ndarray, spelling: Spelling) -> np.ndarray:
    """Return a column as text, with None for a missing value.

    Texts that are the same category by `spelling.comparison` become equal.
    """
    if column.dtype != object:
        return column_texts(column)
    numeric = spelling.comparison == "number"
    missing = spelling.of_missing(*[MISSING_NUMBER] * numeric)
    if spelling.comparison == "text":
        texts = column.copy()
        texts[[value in missing for value in column]] = None
        return texts
    known = {t: _category(t, spelling) for t in {*column} - missing if t is not None}
    texts = np.empty(len(column), object)
    texts[:] = [known.get(text) for text in column]
    return texts


def _category(text: str, spelling: Spelling) -> str:
    if spelling.comparison == "boolean":
        return BOOLEANS.get(text.casefold(), text)
    if spelling.comparison == "number":
        value = number(text, spelling.decimal)
        return text if math.isnan(value) else number_text(value)
    return text


def with_comparison(texts: Collection[str], spelling: Spelling) -> Spelling:
    """Return a spelling that tells which of the texts are the same category.

    Args:
        texts: The distinct categories.
        spelling: How values are spelled.
    """
    missing = spelling.of_missing(MISSING_NUMBER)
    words = [text for text in texts if text not in missing]
    if not words:
        return spelling
    if {text.casefold() for text in words} <= BOOLEANS.keys():
        return replace(spelling, comparison="boolean")
    decimal = decimal_of(words, spelling)
    if decimal == "auto" or any(
        CODE.fullmatch(text) or not math.isfinite(number(text, decimal))
        for text in words
    ):
        return spelling
    return replace(spelling, comparison="number", decimal=decimal)


def classes_of(table: Table, name: str, spelling: Spelling) -> np.ndarray:
    """Return a column as names of classes, with None for a missing value.

    Equal numbers have one name, if all values are numbers and none is a code such as
    `01`: `1` for `1`, `1.0` and `+1`. Booleans are `True` and `False`.
    """
    column = table.column(name)
    texts = texts_of(column, spelling)
    if column.dtype != object:
        return texts
    place = f"{name!r} of {table.source}"
    present = {text for text in texts if text is not None}
    if (compared := with_comparison(present, spelling)).comparison == "boolean":
        return texts_of(column, compared)
    if any(map(CODE.fullmatch, present)):
        return texts
    resolved = with_decimal(present, spelling, place)
    parsed, wrong = parse_numbers(column, resolved)
    if wrong.any() or np.isnan(parsed).all():
        return texts
    return number_texts(parsed)


def numbers_of(table: Table, name: str, spelling: Spelling) -> np.ndarray:
    """Return a column as float64, with NaN for a missing value.

    Args:
        table: The table.
        name: Name of the column.
        spelling: How its numbers are spelled, with decimal separator and unit.

    Raises:
        DataError: If a value is not a finite number; names lines.
    """
    column = table.column(name)
    if column.dtype.kind == "f":
        values, wrong = column, np.isinf(column)
    else:
        values, wrong = parse_numbers(column_texts(column), spelling)
    if wrong.any():
        rows = np.flatnonzero(wrong)
        shown = table.places(rows, column[rows])
        held = f"numbers in {spelling.unit}" if spelling.unit else "numbers"
        what = f"column {name!r} of {table.source} holds {held}, but {shown}"
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
    found = numbers([*texts], spelling.decimal, spelling.unit)
    known = dict(zip(texts, found, strict=True))
    values = np.array([known.get(text, np.nan) for text in column], "float64")
    wrong = ~np.isfinite(values)
    wrong[wrong] = [text in known for text in column[wrong]]
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
    decimal = decimal_of(texts, spelling)
    if decimal == "auto":
        comma = min(text for text in texts if has_comma(text, spelling.unit))
        what = f"{comma!r} in {place} may have a decimal comma or thousands"
        if math.isnan(number(comma, ".", spelling.unit)):
            point = next((text for text in texts if "." in text), "0.5")
            what = f"{place} has a decimal comma in {comma!r}, and a point in {point!r}"
            raise DataError(what, "write all numbers of a column alike")
        raise DataError(what, "set data.decimal to ',' or '.'")
    return replace(spelling, decimal=decimal)


def dates_of(table: Table, name: str, spelling: Spelling) -> np.ndarray:
    """Return a column as seconds since 1970 in UTC, float64, with NaN where missing.

    Args:
        table: The table.
        name: Name of the column.
        spelling: How its dates are spelled, with their format.

    Raises:
        DataError: If a value is not a date; names lines.
    """
    column = table.column(name)
    if column.dtype.kind == "M":
        return seconds(column)
    column = texts_of(column, spelling)
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


READERS = {"number": numbers_of, "date": dates_of}
"""The function that reads a column as float64, by the type of the column."""


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
