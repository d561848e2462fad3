"""The type of each column of a table, from its values."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from kerasdl.data.table.table import Table
from kerasdl.data.table.values import (
    Spelling,
    date_parser,
    parse_numbers,
    text_values,
)
from kerasdl.errors import DataError

ColumnType = Literal["number", "category", "date", "ignored"]

MOSTLY = 0.9
"""Share of numbers among the distinct values above which the others are errors."""
FEW_NUMBERS = 20
"""With fewer distinct numbers, words among them make categories."""
MANY_TEXTS = 100
"""Distinct texts above which a column may be one of names or free text."""
TEXTS_PER_ROW = 0.5
"""Share of distinct texts among the values above which a column is ignored."""
EXAMPLES = 3


@dataclass(frozen=True)
class Inferred:
    """The type of a column, and what it was inferred from.

    Args:
        type: The type.
        missing: Number of missing values.
        distinct: Number of distinct values, without missing ones.
        examples: Some values as text.
        reason: Why the column is ignored; empty for others.
    """

    type: ColumnType
    missing: int
    distinct: int
    examples: tuple[str, ...]
    reason: str = ""


def infer(
    table: Table, spelling: Spelling, given: Mapping[str, ColumnType]
) -> dict[str, Inferred]:
    """Return the type of every column.

    Args:
        table: The table.
        spelling: How values are spelled.
        given: The type of columns that need not be inferred.

    Raises:
        DataError: If a given column does not exist, or most values of a column are
            numbers and others are not; names lines.
    """
    for name in given:
        table.column(name)
    return {
        name: _infer(table, name, spelling, given.get(name)) for name in table.columns
    }


def _infer(
    table: Table, name: str, spelling: Spelling, given: ColumnType | None
) -> Inferred:
    column = table.columns[name]
    texts = text_values(column, spelling)
    present = [text for text in texts if text is not None]
    distinct = dict.fromkeys(present)
    examples = tuple(list(distinct)[:EXAMPLES])
    missing = len(texts) - len(present)

    def inferred(column_type: ColumnType, reason: str = "") -> Inferred:
        return Inferred(column_type, missing, len(distinct), examples, reason)

    if given == "ignored":
        return inferred("ignored", "it is in data.ignore")
    if given:
        return inferred(given)
    if len(distinct) < 2:
        return inferred("ignored", "all its values are the same")
    if column.dtype != object or _is_number(table, name, distinct, spelling):
        return inferred("number")
    if date_parser(distinct, spelling, f"{name!r} of {table.source}"):
        return inferred("date")
    if len(distinct) > max(MANY_TEXTS, TEXTS_PER_ROW * len(present)):
        reason = f"it has {len(distinct):,} different texts in {len(present):,} rows"
        return inferred("ignored", reason)
    return inferred("category")


def _is_number(
    table: Table, name: str, distinct: Collection[str], spelling: Spelling
) -> bool:
    """Return whether all values are numbers; raise `DataError` if most are."""
    texts = np.empty(len(distinct), object)
    texts[:] = [*distinct]
    values, wrong = parse_numbers(texts, spelling, f"{name!r} of {table.source}")
    if not wrong.any():
        return bool(np.isfinite(values).any())
    count = int(np.isfinite(values).sum())
    if count < FEW_NUMBERS or count < MOSTLY * (count + wrong.sum()):
        return False
    unreadable = {*texts[wrong]}
    rows = [row for row, t in enumerate(table.columns[name]) if t in unreadable]
    shown = table.places(rows, table.columns[name][rows])
    what = f"most of column {name!r} of {table.source} are numbers, but {shown}"
    hint = "fix them, add them to data.missing, or name the column in data.categories"
    raise DataError(what, hint)
