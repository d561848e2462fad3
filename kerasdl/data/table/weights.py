"""The column of the weight of each row."""

import numpy as np

from kerasdl.data.preprocessing import Part
from kerasdl.data.table.infer import infer_column
from kerasdl.data.table.spelling import Spelling
from kerasdl.data.table.table import Table
from kerasdl.data.table.typed_columns import column_texts
from kerasdl.data.table.values import parse_numbers
from kerasdl.errors import DataError


def read_weights(train: Part, name: str, spelling: Spelling) -> np.ndarray:
    """Return the weights of the training rows, float64 of shape `(rows,)`.

    Args:
        train: The training rows; its `raw` is a `RawTable`, of which all weights are
            checked.
        name: Name of the column.
        spelling: How its numbers are spelled.

    Raises:
        DataError: If there is no such column, if a value is missing or is not a finite
            number from 0, or if no training row weighs more; names lines.
    """
    table: Table = train.raw.table
    values = _numbers(table, name, spelling)
    if (wrong := ~(np.isfinite(values) & (values >= 0))).any():
        rows = np.flatnonzero(wrong)
        shown = table.places(rows, table.column(name)[rows])
        what = f"column {name!r} of {table.source}, which data.weight names, is {shown}"
        raise DataError(what, "write a finite number from 0 for each row")
    weights = values[train.rows]
    if not weights.any():
        what = f"column {name!r} of {table.source} weighs all training rows 0"
        raise DataError(what, "give some a weight above 0, or remove data.weight")
    return weights


def _numbers(table: Table, name: str, spelling: Spelling) -> np.ndarray:
    """Return a column as float64, with NaN for what is not a number."""
    column = table.column(name)
    if column.dtype.kind == "f":
        return column
    recognised = infer_column(table, name, spelling, "number").spelling
    values, _ = parse_numbers(column_texts(column), recognised)
    return values
