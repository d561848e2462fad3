"""The type of each column of a table, from its values."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from kerasdl.data.table.table import Table
from kerasdl.data.table.values import (
    Spelling,
    parse_numbers,
    texts_of,
    with_date_format,
    with_decimal,
)
from kerasdl.errors import DataError

ColumnType = Literal["number", "category", "date", "ignored"]

NUMERIC_SHARE = 0.9
"""Share of numbers among the distinct values above which the others are errors."""
MIN_DISTINCT_NUMBERS = 20
"""With fewer distinct numbers, words among them make categories."""
MAX_TEXTS = 100
"""Distinct texts above which a column may be one of names or free text."""
MAX_TEXTS_PER_ROW = 0.5
"""Share of distinct texts among the values above which a column is ignored."""
EXAMPLES = 3


@dataclass(frozen=True)
class Inferred:
    """The type of a column, and what it was inferred from.

    Args:
        type: The type.
        spelling: How its values are spelled, with all that was recognised.
        missing: Number of missing values.
        distinct: Number of distinct values, without missing ones.
        examples: Some values as text.
        reason: Why the column is ignored; empty for others.
    """

    type: ColumnType
    spelling: Spelling
    missing: int
    distinct: int
    examples: tuple[str, ...]
    reason: str = ""


def infer(
    table: Table, spelling: Spelling, given: Mapping[str, ColumnType]
) -> dict[str, Inferred]:
    """Return the type of every column.

    All rows decide, so that a wrong value is found wherever it is.

    Args:
        table: The table.
        spelling: How values are spelled.
        given: The type of columns that need not be inferred.

    Raises:
        DataError: If a given column does not exist, if most values of a column are
            numbers and others are not, or if a spelling is unclear; names lines.
    """
    for name in given:
        table.column(name)
    return {
        name: infer_column(table, name, spelling, given.get(name))
        for name in table.columns
    }


def infer_column(
    table: Table, name: str, spelling: Spelling, given: ColumnType | None = None
) -> Inferred:
    """Return the type of a column; see `infer`."""
    column = table.columns[name]
    texts = texts_of(column, spelling)
    present = [text for text in texts if text is not None]
    distinct = dict.fromkeys(present)
    missing, place = len(texts) - len(present), f"{name!r} of {table.source}"

    def inferred(
        column_type: ColumnType, found: Spelling = spelling, reason: str = ""
    ) -> Inferred:
        examples = tuple(list(distinct)[:EXAMPLES])
        return Inferred(column_type, found, missing, len(distinct), examples, reason)

    if given == "ignored":
        return inferred("ignored", reason="it is in data.ignore")
    if given == "category":
        return inferred("category")
    if given != "date":
        as_numbers = with_decimal(distinct, spelling, place)
        if given == "number":
            return inferred("number", as_numbers)
        if not distinct:
            return inferred("ignored", reason="it is empty")
        if len(distinct) == 1 and not missing:
            return inferred("ignored", reason="all its values are the same")
        if column.dtype != object or _is_number(table, name, distinct, as_numbers):
            return inferred("number", as_numbers)
    as_dates = with_date_format(distinct, spelling, place)
    if as_dates or given == "date":
        return inferred("date", as_dates or spelling)
    if len(distinct) > max(MAX_TEXTS, MAX_TEXTS_PER_ROW * len(present)):
        reason = f"it has {len(distinct):,} different texts in {len(present):,} rows"
        return inferred("ignored", reason=reason)
    return inferred("category")


def _is_number(
    table: Table, name: str, distinct: Collection[str], spelling: Spelling
) -> bool:
    """Return whether all values are numbers; raise `DataError` if most are."""
    texts = np.empty(len(distinct), object)
    texts[:] = [*distinct]
    values, wrong = parse_numbers(texts, spelling)
    if not wrong.any():
        return bool(np.isfinite(values).any())
    count = int(np.isfinite(values).sum())
    share = count / (count + int(wrong.sum()))
    if count < MIN_DISTINCT_NUMBERS or share < NUMERIC_SHARE:
        return False
    unreadable = {*texts[wrong]}
    rows = [row for row, t in enumerate(table.columns[name]) if t in unreadable]
    shown = table.places(rows, table.columns[name][rows])
    what = f"most of column {name!r} of {table.source} are numbers, but {shown}"
    spelled = json.dumps(["auto", str(texts[wrong][0])], ensure_ascii=False)
    hint = f"fix them, set data.missing to {spelled}, or name it in data.categories"
    raise DataError(what, hint)
