"""The task that a target suggests."""

from collections.abc import Mapping, Sequence

import numpy as np

from kerasdl.data.table.infer import ColumnType, infer_column
from kerasdl.data.table.spelling import Spelling
from kerasdl.data.table.suggested_for_several import suggested_for_several
from kerasdl.data.table.table import Table
from kerasdl.data.table.values import numbers_of
from kerasdl.errors import DataError

MAX_CLASSES = 20
"""Whole numbers of more values than this are not classes of rows."""


def suggested_task(
    table: Table,
    targets: Sequence[str],
    spelling: Spelling,
    given: Mapping[str, ColumnType],
    stated: str | None,
    most_classes: int = MAX_CLASSES,
) -> tuple[str, str] | None:
    """Return the task, and why: few values are classes, other numbers are predicted.

    Args:
        table: The table, or its target alone.
        targets: Names of the columns to predict; for two or more, see
            `suggested_for_several`.
        spelling: How values are spelled.
        given: The type of columns that need not be inferred.
        stated: The task of the preset. None is returned if the columns allow it.
        most_classes: Whole numbers of more values than this are not classes.

    Raises:
        DataError: If there is no such column, or it holds dates or free text.
    """
    if len(targets) > 1:
        return suggested_for_several(table, targets, spelling, given, stated)
    target = next(iter(targets))
    table.column(target)
    found = infer_column(table, target, spelling, given.get(target))
    shown = f"{target!r} holds {found.distinct:,} different"
    refused = {"date": "dates", "ignored": "texts"}.get(found.type)
    if found.distinct < 2:
        held = "one value" if found.distinct else "no value"
        what = f"the target {target!r} of {table.source} has {held}"
        raise DataError(what, "choose another target")
    if refused:
        what = f"the target {shown} {refused}, such as {found.examples[0]!r}"
        hint = "choose a column of numbers or of few classes, or set data.task"
        raise DataError(f"{what} in {table.source}", hint)
    if found.type != "number":
        return "classification", f"{shown} texts"
    if stated:
        return None
    numbers = numbers_of(table, target, found.spelling)
    present = numbers[~np.isnan(numbers)]
    whole = (present == np.round(present)).all()
    if whole and found.distinct <= most_classes:
        return "classification", f"{shown} whole numbers"
    return "regression", f"{shown} numbers"
