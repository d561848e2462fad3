"""A column of a table that orders its rows."""

from typing import NamedTuple

import numpy as np

from kerasdl.data.table.infer import ColumnType, infer_column
from kerasdl.data.table.spelling import Spelling
from kerasdl.data.table.table import Table
from kerasdl.data.table.values import READERS, classes_of
from kerasdl.errors import DataError


class Times(NamedTuple):
    """The times of rows.

    Args:
        values: float64 of shape `(rows,)`; dates are seconds since 1970 in UTC.
        texts: The same as in the table: objects that are `str`, of shape `(rows,)`.
        are_dates: Whether they are dates, not numbers.
    """

    values: np.ndarray
    texts: np.ndarray
    are_dates: bool


def read_times(
    table: Table, name: str, spelling: Spelling, given: ColumnType | None, use: str
) -> Times:
    """Return the times in a column of dates or numbers.

    Args:
        table: The table.
        name: Name of the column.
        spelling: How its values are spelled.
        given: Its type, if it need not be inferred.
        use: What the column does, for messages, such as `"splits the rows"`.

    Raises:
        DataError: If there is no such column, if a value is missing, or if values are
            neither dates nor numbers; names lines.
    """
    texts = present_texts(table, name, spelling, use)
    given = None if given == "ignored" else given
    inferred = infer_column(table, name, spelling, given)
    if inferred.type not in READERS:
        shown = f"{inferred.distinct:,} different values, such as"
        shown = f"{shown} {inferred.examples[0]!r}"
        what = f"column {name!r} of {table.source} orders no rows: it has {shown}"
        hint = "name a column of dates or numbers in data.time, or set data.date_format"
        raise DataError(what, hint)
    values = READERS[inferred.type](table, name, inferred.spelling)
    check_present(table, name, np.isnan(values), use)  # "None" is a text, and no number
    return Times(values, texts, inferred.type == "date")


def present_texts(table: Table, name: str, spelling: Spelling, use: str) -> np.ndarray:
    """Return a column as names; raise `DataError` if a value is missing.

    `1` and `1.0` are one name, as are `true` and `TRUE`; see `classes_of`.
    """
    texts = classes_of(table, name, spelling)
    missing = np.array([text is None for text in texts], bool)
    check_present(table, name, missing, use)
    return texts


def check_present(table: Table, name: str, missing: np.ndarray, use: str) -> None:
    """Raise `DataError` if a value of a column is missing; names lines.

    Args:
        table: The table.
        name: Name of the column.
        missing: Which values are missing, of shape `(rows,)`.
        use: What the column does, such as `"splits the rows"`.
    """
    if not missing.any():
        return
    rows = np.flatnonzero(missing)
    shown = table.places(rows, table.column(name)[rows])
    what = f"column {name!r} of {table.source} {use}, but is missing: {shown}"
    raise DataError(what, "fill those rows in, or remove them")
