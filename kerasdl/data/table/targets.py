"""The column to predict."""

import numpy as np

from kerasdl.data.table.infer import infer_column
from kerasdl.data.table.spelling import Spelling
from kerasdl.data.table.table import Table
from kerasdl.data.table.values import classes_of, numbers_of
from kerasdl.errors import DataError


def read_targets(
    table: Table, name: str, spelling: Spelling, has_classes: bool
) -> np.ndarray:
    """Return the targets of a table, of shape `(rows,)`.

    Args:
        table: The table.
        name: Name of the column.
        spelling: How its values are spelled.
        has_classes: Whether they are class names, not numbers.

    Raises:
        DataError: If there is no such column, or if a target is missing; names lines.
    """
    column = table.column(name)
    if has_classes:
        targets = classes_of(table, name, spelling)
        missing = np.array([value is None for value in targets], bool)
    else:
        recognised = infer_column(table, name, spelling, "number").spelling
        targets = numbers_of(table, name, recognised)
        missing = np.isnan(targets)
    if missing.any():
        rows = np.flatnonzero(missing)
        shown = table.places(rows, column[rows])
        what = f"the target {name!r} of {table.source} is missing: {shown}"
        raise DataError(what, "fill those rows in, or remove them")
    return targets
