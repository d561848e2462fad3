"""Columns that number or name the rows."""

import re
from collections.abc import Mapping

import numpy as np

from kerasdl.data.table.infer import Inferred
from kerasdl.data.table.table import Table
from kerasdl.data.table.values import numbers_of, texts_of

NAME = re.compile(
    r"(^|[^a-z])(id|ids|idx|index|key|uuid|guid|row|rowid|rownum|unnamed: 0|column 1)$",
    re.IGNORECASE,
)
"""Names such as `id`, `customer_id`, `Unnamed: 0`, and that of a nameless column."""
CAMEL_NAME = re.compile(r"[a-z](Id|ID)$")
"""Names such as `customerId`."""
MIN_ROWS = 20
"""Fewer values may all differ, and be in order, by chance."""
DISTINCT = 0.95
"""Share of distinct values among those of a column that names the rows."""
FIRST = 100
"""Rows that tell most columns with fractions from those of whole numbers."""


def id_columns(table: Table, inferred: Mapping[str, Inferred]) -> dict[str, str]:
    """Return the columns that number or name the rows, and what tells so.

    Their values are whole numbers or texts, nearly all distinct. They are in order, or
    the column is named like an identifier.

    Args:
        table: The table.
        inferred: The type of each column to look at.
    """
    columns = {}
    for name, each in inferred.items():
        present = len(table) - each.missing
        if present < MIN_ROWS or each.distinct < DISTINCT * present:
            continue
        if each.type == "date" or (
            each.type == "number" and not _whole(table, name, each)
        ):
            continue
        if NAME.search(name) or CAMEL_NAME.search(name):
            columns[name] = "it is named like one"
        elif _in_order(table, name, each):
            columns[name] = "its values are in the order of the rows"
    return columns


def _whole(table: Table, name: str, inferred: Inferred) -> bool:
    """Return whether all numbers are whole."""
    for rows in (slice(FIRST), slice(None)):
        part = Table(table.source, {name: table.columns[name][rows]})
        numbers = numbers_of(part, name, inferred.spelling)
        numbers = numbers[~np.isnan(numbers)]
        if (numbers != np.round(numbers)).any():
            return False
    return True


def _in_order(table: Table, name: str, inferred: Inferred) -> bool:
    """Return whether the values rise or fall with the rows."""
    if inferred.type == "number":
        numbers = numbers_of(table, name, inferred.spelling)
        values = numbers[~np.isnan(numbers)].tolist()
    else:
        texts = texts_of(table.columns[name], inferred.spelling)
        values = [text for text in texts if text is not None]
    ordered = sorted(values)
    return values == ordered or values[::-1] == ordered
