"""The task that several targets suggest."""

from collections.abc import Mapping, Sequence

import numpy as np

from kerasdl import registry
from kerasdl.data.table.infer import ColumnType, Inferred, infer_column
from kerasdl.data.table.spelling import Spelling
from kerasdl.data.table.table import Table, listing
from kerasdl.data.table.values import numbers_of
from kerasdl.errors import DataError

MOST_NAMES = 5
"""Names of columns that a message lists."""


def suggested_for_several(
    table: Table,
    targets: Sequence[str],
    spelling: Spelling,
    given: Mapping[str, ColumnType],
    stated: str | None,
) -> tuple[str, str] | None:
    """Return the task, and why: columns of two values are labels, others numbers.

    Args:
        table: The table, or its targets alone.
        targets: Names of the columns to predict, two or more.
        spelling: How values are spelled.
        given: The type of columns that need not be inferred.
        stated: The task of the preset. None is returned if the columns allow it.

    Raises:
        DataError: If there is no such column, or they suggest no task for all.
    """
    for name in targets:
        table.column(name)
    columns = {
        name: infer_column(table, name, spelling, given.get(name)) for name in targets
    }
    labels = [n for n, each in columns.items() if _has_two_values(table, n, each)]
    numbers = [name for name, each in columns.items() if each.type == "number"]
    takes = registry.find("tasks", stated).takes_data_of if stated else None
    if len(numbers) == len(columns) and takes == "regression":
        return None
    if len(labels) == len(columns):
        suggested = "multi-label", f"{_listed(labels)} hold two values each"
    elif len(numbers) == len(columns):
        suggested = "regression", f"{_listed(numbers)} hold numbers"
    else:
        raise _mixed(table, columns, labels, numbers)
    return None if takes == suggested[0] else suggested


def _mixed(
    table: Table,
    columns: Mapping[str, Inferred],
    labels: Sequence[str],
    numbers: Sequence[str],
) -> DataError:
    """Return the error that says which columns do not go together."""
    several = [name for name in columns if name not in (*labels, *numbers)]
    if constant := [name for name in several if columns[name].distinct < 2]:
        what = f"targets of {table.source} have one value or none: {_listed(constant)}"
        return DataError(what, "leave them out of data.target, or fill them in")
    if several:
        first = columns[several[0]]
        held = "dates" if first.type == "date" else "texts"
        what = f"the target {several[0]!r} holds {first.distinct:,} different {held}"
        hint = "name it alone; several targets are numbers, or have two values each"
        return DataError(f"{what} in {table.source}", hint)
    words = [name for name in labels if name not in numbers]
    others = [name for name in numbers if name not in labels]
    what = f"the targets of {table.source} are of two sorts: {_listed(words)} of two"
    what = f"{what} words, {_listed(others)} of many numbers"
    return DataError(what, "name targets of one sort, the others in data.ignore")


def _has_two_values(table: Table, name: str, inferred: Inferred) -> bool:
    """Return whether a column may be a label; two fractions are numbers."""
    if inferred.distinct != 2 or inferred.type != "number":
        return inferred.distinct == 2
    numbers = numbers_of(table, name, inferred.spelling)
    present = numbers[~np.isnan(numbers)]
    return bool((present == np.round(present)).all())


def _listed(names: Sequence[str]) -> str:
    return listing([*map(repr, names[:MOST_NAMES])], len(names))
