"""What an evaluation shows: tables, curves and pictures, as values that JSON holds.

A run keeps them in `evaluation/`, and its report draws them.
"""

import base64
import binascii
import reprlib
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar, get_args

from kerasdl.figures.importances import Importances
from kerasdl.figures.layer_graph import LayerGraph
from kerasdl.figures.shaded_tokens import ShadedTokens

Cell = str | float | int | None
MOST_POINTS = 20_000
"""Numbers, names or rows in a list of a figure that is read from a file."""


@dataclass(frozen=True)
class Table:
    """Rows of texts and numbers.

    Args:
        title: What it shows.
        columns: The name of each column.
        rows: The cells of each row; None is an empty cell.
        note: A sentence below.
    """

    figure: ClassVar[str] = "table"
    title: str
    columns: list[str]
    rows: list[list[Cell]]
    note: str = ""

    def check(self) -> None:
        """Raise `ValueError` if a row has not a cell for each column."""
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"a row of {self.title!r} does not fit its columns")


@dataclass(frozen=True)
class Matrix:
    """Counts of pairs.

    Args:
        title: What it shows.
        row_label: What rows are.
        column_label: What columns are.
        names: The name of each row and column.
        values: The count of each pair, a list for each row.
        note: A sentence below.
    """

    figure: ClassVar[str] = "matrix"
    title: str
    row_label: str
    column_label: str
    names: list[str]
    values: list[list[int]]
    note: str = ""

    def check(self) -> None:
        """Raise `ValueError` unless the matrix is square."""
        sizes = {len(self.names), len(self.values), *map(len, self.values)}
        if len(sizes) > 1:
            raise ValueError(f"{self.title!r} is not square")


@dataclass(frozen=True)
class Lines:
    """Curves over one axis.

    Args:
        title: What it shows.
        x_label: What the horizontal axis is.
        y_label: What the vertical axis is.
        names: The name of each curve.
        x: Horizontal places of each curve.
        y: Finite values of each curve; None is a gap.
        diagonal: Whether to draw the line `y = x` for comparison.
        dots: Whether points stand alone, without a line between them.
        note: A sentence below.
    """

    figure: ClassVar[str] = "lines"
    title: str
    x_label: str
    y_label: str
    names: list[str]
    x: list[list[float]]
    y: list[list[float | None]]
    diagonal: bool = False
    dots: bool = False
    note: str = ""

    def check(self) -> None:
        """Raise `ValueError` unless each curve has a name and as many x as y."""
        if not len(self.names) == len(self.x) == len(self.y):
            raise ValueError(f"a curve of {self.title!r} has no name")
        if any(len(a) != len(b) for a, b in zip(self.x, self.y, strict=True)):
            raise ValueError(f"a curve of {self.title!r} lacks values")


@dataclass(frozen=True)
class Bars:
    """A histogram.

    Args:
        title: What it shows.
        x_label: What the horizontal axis is.
        edges: Edges of the bins, ascending.
        counts: The count in each bin.
        note: A sentence below.
    """

    figure: ClassVar[str] = "bars"
    title: str
    x_label: str
    edges: list[float]
    counts: list[int]
    note: str = ""

    def check(self) -> None:
        """Raise `ValueError` unless there is one edge more than counts."""
        if len(self.edges) != len(self.counts) + 1:
            raise ValueError(f"{self.title!r} lacks edges")


@dataclass(frozen=True)
class Pictures:
    """Small images.

    Args:
        title: What they show.
        png: The PNG file of each, base64.
        captions: A line for each.
        note: A sentence below.
        overlays: A PNG file to show at the right of each; empty for none.
    """

    figure: ClassVar[str] = "pictures"
    title: str
    png: list[str]
    captions: list[str]
    note: str = ""
    overlays: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Raise `ValueError` unless these are PNG files with as many captions."""
        if len(self.png) != len(self.captions):
            raise ValueError(f"{self.title!r} lacks captions")
        if self.overlays and len(self.overlays) != len(self.png):
            raise ValueError(f"{self.title!r} lacks overlays")
        for each in [*self.png, *self.overlays]:
            try:
                content = base64.b64decode(each, validate=True)
            except binascii.Error as fault:
                raise ValueError(f"{self.title!r} is not base64") from fault
            if not content.startswith(b"\x89PNG\r\n\x1a\n"):
                raise ValueError(f"{self.title!r} holds no PNG file")


Figure = (
    Table | Matrix | Lines | Bars | Pictures | LayerGraph | Importances | ShadedTokens
)
_FIGURES: dict[str, type[Figure]] = {each.figure: each for each in get_args(Figure)}
_TYPES: dict[Any, type | tuple[type, ...]] = {
    str: str, bool: bool, int: int, float: (int, float), Cell: (str, int, float, type(None)),
    float | None: (int, float, type(None)), int | None: (int, type(None)),
}  # fmt: skip


def to_json(figure: Figure) -> dict[str, Any]:
    """Return a figure as JSON values."""
    return {"figure": figure.figure} | asdict(figure)


def from_json(values: Any) -> Figure:
    """Return the figure that `to_json` describes.

    Raises:
        ValueError: If the values are of no figure.
    """
    if not isinstance(values, Mapping):
        raise ValueError("a figure is no JSON object")  # noqa: TRY004
    if (kind := _FIGURES.get(str(values.get("figure")))) is None:
        raise ValueError("a figure is of no known kind")
    rest = {name: value for name, value in values.items() if name != "figure"}
    for part in fields(kind):
        if part.name in rest:
            _check(rest[part.name], part.type, part.name)
    try:
        figure = kind(**rest)
    except TypeError as fault:
        raise ValueError(f"a {kind.figure} has the wrong parts") from fault
    figure.check()
    return figure


def _check(value: Any, wanted: Any, name: str) -> None:
    """Raise `ValueError` unless a value has a type: one of `_TYPES`, or lists of it."""
    if wanted in _TYPES:
        is_one = isinstance(value, _TYPES[wanted])
        if not is_one or (isinstance(value, bool) and wanted is not bool):
            raise ValueError(f"{name} holds {reprlib.repr(value)}")
        if isinstance(value, int | float) and not abs(value) <= sys.float_info.max:
            raise ValueError(f"{name} holds {reprlib.repr(value)}, no float64 number")
        return
    if not isinstance(value, list) or len(value) > MOST_POINTS:
        raise ValueError(f"{name} is no list of at most {MOST_POINTS:,}")
    for each in value:
        _check(each, wanted.__args__[0], name)
