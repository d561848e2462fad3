"""Texts in a column of a table."""

from collections.abc import Sequence

import numpy as np

from kerasdl.data.table.preprocessing import joined
from kerasdl.data.table.spelling import Spelling
from kerasdl.data.table.table import MOST_PLACES, Table, listing
from kerasdl.data.table.targets import read_targets
from kerasdl.data.texts import Texts
from kerasdl.errors import DataError
from kerasdl.finding import Finding


def read_texts(
    table: Table,
    text: str,
    targets: Sequence[str],
    spelling: Spelling,
    has_classes: bool,
) -> Texts:
    """Return the texts of a table.

    Args:
        table: The table.
        text: Name of the column of texts.
        targets: Names of the columns to predict; none to read texts alone, which may be
            empty.
        spelling: How targets are spelled.
        has_classes: Whether these are class names, not numbers.

    Raises:
        DataError: If there is no such column, or a text or a target is missing; names
            lines.
    """
    column = text_column(table, text)
    columns, faults = [], []
    if targets:
        faults += _empty(table, text, column)
    for name in targets:
        table.column(name)  # or an error at once
    for name in targets:
        try:
            columns.append(read_targets(table, (name,), spelling, has_classes))
        except DataError as fault:
            faults.append(fault)
    if faults:
        raise joined(faults)
    lists = [column.tolist() for column in columns]
    labels = lists[0] if len(lists) == 1 else zip(*lists, strict=True)
    texts = tuple("" if each is None else each for each in column.tolist())
    return Texts(table.source, texts, tuple(labels), table)


def read_pairs(table: Table, text: str, targets: Sequence[str]) -> Texts:
    """Return the texts of a table, each with another one.

    Args:
        table: The table.
        text: Name of the column of texts.
        targets: Name of the column of the others; none to read texts alone, which may be
            empty.

    Raises:
        DataError: If there is no such column, or a text is missing; names lines.
    """
    columns = [text_column(table, name) for name in (text, *targets)]
    faults: list[DataError] = []
    for name, column in zip((text, *targets), columns, strict=True) if targets else ():
        faults += _empty(table, name, column)
    if faults:
        raise joined(faults)
    texts, *labels = (
        tuple("" if each is None else each for each in column.tolist())
        for column in columns
    )
    return Texts(table.source, texts, labels[0] if labels else (), table)


def _empty(table: Table, name: str, column: np.ndarray) -> list[DataError]:
    """Return the error of a column of texts with missing ones; none if all are there."""
    missing = np.flatnonzero([each is None for each in column])
    if not len(missing):
        return []
    places = [table.place(row) for row in missing[:MOST_PLACES].tolist()]
    what = f"the text {name!r} of {table.source} is empty"
    what = f"{what} at {listing(places, len(missing))}"
    return [DataError(what, "fill those rows in, or remove them")]


def text_column(table: Table, name: str) -> np.ndarray:
    """Return the column of texts; raise `DataError` if there is none."""
    try:
        column = table.column(name)
    except DataError as fault:
        hint = f"name the column of texts with data.text; {fault.hint}"
        raise DataError(fault.what, hint) from fault
    if column.dtype != object:
        what = f"column {name!r} of {table.source} holds numbers or dates, no texts"
        raise DataError(what, "name the column of texts with data.text")
    return column


def unread_columns(table: Table, read: Sequence[str]) -> list[Finding]:
    """Return a finding for the columns of a table that are neither text nor target."""
    others = [name for name in (*table.columns, *table.unreadable) if name not in read]
    if not others:
        return []
    shown = listing([*map(repr, others[:MOST_PLACES])], len(others))
    what = f"only texts and targets are read of {table.source}, not {shown}"
    return [Finding("column", what, severity="info")]
