"""Tables of an evaluation, as lines of text."""

from collections.abc import Iterable

from kerasdl.cli.cost_table import aligned
from kerasdl.figures import Figure, Table
from kerasdl.report.scale import text_of


def figure_lines(figures: Iterable[Figure]) -> list[str]:
    """Return the lines of all tables; other figures are for the report."""
    lines: list[str] = []
    for figure in figures:
        if isinstance(figure, Table):
            rows = [(*map(text_of, row),) for row in figure.rows]
            lines += ["", figure.title]
            lines += aligned([(*figure.columns,), *rows], left=1)
    return lines
