"""Tables of an evaluation, as lines of text."""

from collections.abc import Iterable

from kerasdl.cli.cost_table import aligned
from kerasdl.figures import Cell, Figure, Importances, Table
from kerasdl.report.scale import text_of


def figure_lines(figures: Iterable[Figure]) -> list[str]:
    """Return the lines of all tables and importances; the report has other figures."""
    lines: list[str] = []
    for figure in figures:
        if isinstance(figure, Importances):
            columns = figure.names, figure.values, figure.lows, figure.highs
            cells: list[list[Cell]] = [[*row] for row in zip(*columns, strict=True)]
            figure = Table(figure.title, ["", figure.label, "from", "to"], cells)
        if isinstance(figure, Table):
            rows = [(*map(text_of, row),) for row in figure.rows]
            lines += ["", figure.title]
            lines += aligned([(*figure.columns,), *rows], left=1)
        else:
            lines += ["", f"{figure.title}: see the report"]
    return lines
