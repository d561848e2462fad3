"""The encoding of a column by its type, and read back from JSON."""

from typing import Any, Literal, cast

from kerasdl.data.json_tuple import json_tuple
from kerasdl.data.table.categories import CategoryColumn, CodedColumn
from kerasdl.data.table.columns import Column, DateColumn, NumberColumn
from kerasdl.data.table.infer import ColumnType
from kerasdl.data.table.quantile import (
    IndicatorColumn,
    QuantileDateColumn,
    QuantileNumberColumn,
)
from kerasdl.data.table.robust import (
    RobustCategoryColumn,
    RobustDateColumn,
    RobustNumberColumn,
)
from kerasdl.data.table.spelling import Spelling
from kerasdl.data.table.table import Table

Scaling = Literal["standard", "robust", "quantile"]

SCALINGS: dict[Scaling, dict[ColumnType, type[Column]]] = {
    "standard": {
        "number": NumberColumn,
        "category": CategoryColumn,
        "date": DateColumn,
    },
    "robust": {
        "number": RobustNumberColumn,
        "category": RobustCategoryColumn,
        "date": RobustDateColumn,
    },
    "quantile": {
        "number": QuantileNumberColumn,
        "category": IndicatorColumn,
        "date": QuantileDateColumn,
    },
}
"""The encoding of each type of column, by how features are scaled."""
TYPES: dict[str, type[Column]] = {
    encoding.type: encoding
    for encoding in (
        CodedColumn,
        *(each for scaling in SCALINGS.values() for each in scaling.values()),
    )
}
"""Every encoding by its name."""


def fit(
    column_type: ColumnType,
    table: Table,
    name: str,
    spelling: Spelling,
    scaling: Scaling,
    max_one_hot: Literal["all"] | int,
) -> Column:
    """Fit the encoding of a column on training rows.

    Args:
        column_type: The type of the column.
        table: The training rows.
        name: Name of the column.
        spelling: How its values are spelled, with all that was recognised.
        scaling: How features are scaled.
        max_one_hot: Most categories that get a feature each; those of a column with more
            are numbered. Missing and rare ones do not count.

    Raises:
        DataError: If a value cannot be encoded; names lines.
    """
    if column_type == "category" and max_one_hot != "all":
        coded = CodedColumn.fit(table, name, spelling)
        if len({*coded.values} - {None}) > max_one_hot:
            return coded
    return SCALINGS[scaling][column_type].fit(table, name, spelling)


def from_json(values: dict[str, Any]) -> Column:
    """Return the column that `Column.to_json` describes.

    Raises:
        KeyError, TypeError, ValueError: If the values are damaged.
    """
    fields = {**values}
    column_type, spelling = fields.pop("type"), {**fields["spelling"]}
    spelling["missing"] = json_tuple(spelling["missing"])
    fields["spelling"] = Spelling(**spelling)
    for key in {"values", "center", "factor", "quantiles"} & fields.keys():
        fields[key] = json_tuple(fields[key])
    column = cast(Any, TYPES[column_type])(**fields)
    if not isinstance(column.name, str):
        raise TypeError("the name of a column is not text")
    column.spelling.check()
    column.check()
    return column
