"""The task that a target suggests."""

import numpy as np

from kerasdl.data.table.infer import ColumnType, infer_column
from kerasdl.data.table.spelling import Spelling
from kerasdl.data.table.table import Table
from kerasdl.data.table.values import numbers_of
from kerasdl.errors import DataError

MAX_CLASSES = 20
"""Whole numbers of more values than this are not classes."""


def suggested_task(
    table: Table,
    target: str,
    spelling: Spelling,
    given: ColumnType | None,
    keeps_numbers: bool,
) -> tuple[str, str] | None:
    """Return the task, and why: few values are classes, other numbers are predicted.

    Args:
        table: The table, or its target alone.
        target: Name of the column to predict.
        spelling: How values are spelled.
        given: The type of the column; None if it must be inferred.
        keeps_numbers: Whether numbers suggest nothing: None is returned for them.

    Raises:
        DataError: If there is no such column, or it holds dates or free text.
    """
    table.column(target)
    found = infer_column(table, target, spelling, given)
    shown = f"{target!r} holds {found.distinct:,} different"
    refused = {"date": "dates", "ignored": "texts"}.get(found.type)
    if refused and found.distinct > 1:
        what = f"the target {shown} {refused}, such as {found.examples[0]!r}"
        hint = "choose a column of numbers or of few classes, or set data.task"
        raise DataError(f"{what} in {table.source}", hint)
    if found.type != "number":
        return "classification", f"{shown} texts"
    if keeps_numbers:
        return None
    numbers = numbers_of(table, target, found.spelling)
    present = numbers[~np.isnan(numbers)]
    whole = (present == np.round(present)).all()
    if whole and found.distinct <= MAX_CLASSES:
        return "classification", f"{shown} whole numbers"
    return "regression", f"{shown} numbers"
