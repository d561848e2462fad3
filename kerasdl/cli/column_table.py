"""The columns of a table, printed as one."""

import io
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from kerasdl.errors import printable

MAX_EXAMPLE = 24
"""Characters of an example."""
MAX_WIDTH = 1000
"""Characters of a line in a pipe; on a terminal, they are those of the terminal."""


def column_table(columns: list[dict[str, Any]], out: Console) -> None:
    """Print name, type, role, missing and distinct values and examples of columns.

    Args:
        columns: As `Kind.columns` returns them.
        out: Where to print.
    """
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("column", "type", "missing", "distinct", "examples"):
        justify = "right" if title in ("missing", "distinct") else "left"
        table.add_column(title, justify=justify, no_wrap=title != "examples")
    for column in columns:
        examples = ", ".join(_shortened(text) for text in column["examples"])
        counts = f"{column['missing']:,}", f"{column['distinct']:,}"
        cells = column["name"], _type(column), *counts, examples
        table.add_row(*(Text(_one_line(cell)) for cell in cells))
    if out.is_terminal:
        out.print(table)
        return
    lines = io.StringIO()
    Console(file=lines, width=MAX_WIDTH, markup=False).print(table)
    for line in lines.getvalue().splitlines():
        out.print(line.rstrip(), soft_wrap=True)


def _type(column: dict[str, Any]) -> str:
    """Return the type, and the role unless it is a feature."""
    kind, role = column["type"], column["role"]
    if role in ("feature", "ignored"):
        return kind
    return role if kind == "ignored" else f"{kind}, {role}"


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_EXAMPLE else f"{text[: MAX_EXAMPLE - 1]}…"


def _one_line(text: str) -> str:
    return printable(" ".join(text.split()))
