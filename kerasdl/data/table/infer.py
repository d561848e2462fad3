"""The type of each column of a table, from its values."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from kerasdl.data.table.numbers import MAJORITY, with_unit
from kerasdl.data.table.spelling import Spelling
from kerasdl.data.table.table import Table
from kerasdl.data.table.typed_columns import column_texts
from kerasdl.data.table.values import (
    parse_numbers,
    texts_of,
    with_comparison,
    with_date_format,
    with_decimal,
)
from kerasdl.errors import DataError

ColumnType = Literal["number", "category", "date", "ignored"]

MIN_DISTINCT_NUMBERS = 20
"""With fewer distinct numbers, words among them make categories."""
MAX_TEXTS = 100
"""Distinct texts above which a column may be one of names or free text."""
MAX_TEXTS_PER_ROW = 0.5
"""Share of distinct texts among the values above which a column is ignored."""
EXAMPLES = 3
SAMPLE = 100
"""Values from which the examples of numbers and dates are chosen."""


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
    for name, column_type in given.items():
        if column_type != "ignored" or name not in table.unreadable:
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
    if column.dtype != object and given != "category" and name not in table.categories:
        return _infer_typed(column, spelling, given)
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
    if given is None and (reason := _useless(len(distinct), missing)):
        return inferred("ignored", reason=reason)
    if given == "category" or (given is None and name in table.categories):
        return inferred("category", with_comparison(distinct, spelling))
    if given != "date":
        as_numbers = with_decimal(distinct, with_unit(distinct, spelling), place)
        if given == "number" or _is_number(table, name, distinct, as_numbers):
            return inferred("number", as_numbers)
    as_dates = with_date_format(distinct, spelling, place)
    if as_dates or given == "date":
        return inferred("date", as_dates or spelling)
    if len(distinct) > max(MAX_TEXTS, MAX_TEXTS_PER_ROW * len(present)):
        reason = f"it has {len(distinct):,} different texts in {len(present):,} rows"
        return inferred("ignored", reason=reason)
    return inferred("category", with_comparison(distinct, spelling))


def _infer_typed(
    column: np.ndarray, spelling: Spelling, given: ColumnType | None
) -> Inferred:
    """Return the type of a column of numbers or dates."""
    is_missing = np.isnan(column) if column.dtype.kind == "f" else np.isnat(column)
    present = column[~is_missing]
    distinct, missing = len(np.unique(present)), int(is_missing.sum())
    examples = (*dict.fromkeys(column_texts(present[:SAMPLE])),)[:EXAMPLES]
    reason = "it is in data.ignore" if given == "ignored" else ""
    if given is None:
        reason = _useless(distinct, missing)
    of_dtype: ColumnType = "number" if column.dtype.kind == "f" else "date"
    column_type = "ignored" if reason else given or of_dtype
    spelling = replace(spelling, decimal=".", date_format="iso")
    return Inferred(column_type, spelling, missing, distinct, examples, reason)


def _useless(distinct: int, missing: int) -> str:
    """Return why nothing can be learned from a column; empty if something can."""
    if not distinct:
        return "it is empty"
    return "" if distinct > 1 or missing else "all its values are the same"


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
    if count < MIN_DISTINCT_NUMBERS or share < MAJORITY:
        return False
    unreadable = {*texts[wrong]}
    rows = [row for row, t in enumerate(table.columns[name]) if t in unreadable]
    shown = table.places(rows, table.columns[name][rows])
    what = f"most of column {name!r} of {table.source} are numbers, but {shown}"
    spelled = json.dumps(["auto", str(texts[wrong][0])], ensure_ascii=False)
    hint = f"fix them, set data.missing to {spelled}, or name it in data.categories"
    raise DataError(what, hint)
