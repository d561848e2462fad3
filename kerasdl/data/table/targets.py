"""The columns to predict."""

from collections.abc import Sequence

import numpy as np

from kerasdl.data.table.infer import infer_column
from kerasdl.data.table.spelling import Spelling
from kerasdl.data.table.table import Table
from kerasdl.data.table.values import classes_of, numbers_of
from kerasdl.errors import DataError


def read_targets(
    table: Table, names: Sequence[str], spelling: Spelling, has_classes: bool
) -> np.ndarray:
    """Return the targets of a table, of shape `(rows,)`, or `(rows, columns)` of several.

    Args:
        table: The table.
        names: Names of the columns, one or more.
        spelling: How their values are spelled.
        has_classes: Whether they are class names, not numbers.

    Raises:
        DataError: If there is no such column, or if a target is missing; names lines.
    """
    columns = [_read_column(table, name, spelling, has_classes) for name in names]
    return columns[0] if len(columns) == 1 else np.stack(columns, axis=-1)


def _read_column(
    table: Table, name: str, spelling: Spelling, has_classes: bool
) -> np.ndarray:
    column = table.column(name)
    if has_classes:
        targets = classes_of(table, name, spelling)
        missing = np.array([value is None for value in targets], bool)
    else:
        recognised = infer_column(table, name, spelling, "number").spelling
        try:
            targets = numbers_of(table, name, recognised)
        except DataError as fault:
            hint = "fix them, choose another target, or set data.task"
            raise DataError(fault.what, hint) from fault
        missing = np.isnan(targets)
    if missing.any():
        rows = np.flatnonzero(missing)
        shown = table.places(rows, column[rows])
        what = f"the target {name!r} of {table.source} is missing: {shown}"
        raise DataError(what, "fill those rows in, or remove them")
    return targets
