"""The columns of a table, as a dry run prints them."""

import io
import re

import pytest
from rich.console import Console

from kerasdl.cli.column_table import column_table

COLUMNS = [
    {
        "name": "a[b]\x1b[31m\nc",
        "type": "category",
        "role": "feature",
        "missing": 0,
        "distinct": 12_345,
        "examples": ["x" * 40, "\x07", "[red]no[/red]"],
        "reason": "",
    },
    {
        "name": "who",
        "type": "ignored",
        "role": "group",
        "missing": 0,
        "distinct": 2,
        "examples": [],
        "reason": "it decides the split",
    },
    {
        "name": "y",
        "type": "number",
        "role": "target",
        "missing": 3,
        "distinct": 2,
        "examples": ["1", "0"],
        "reason": "",
    },
]


@pytest.mark.parametrize("terminal", [False, True])
def test_columns(terminal: bool):
    written = io.StringIO()
    console = Console(
        file=written, force_terminal=terminal, width=140, no_color=True, markup=False
    )
    column_table(COLUMNS, console)
    text = written.getvalue().replace("\x1b[1m", "").replace("\x1b[0m", "")
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines == [
        "column type missing distinct examples",
        r"a[b]\x1b[31m c category 0 12,345 " + "x" * 23 + r"…, \x07, [red]no[/red]",
        "who group 0 2",
        "y number, target 3 2 1, 0",
    ]


def test_a_narrow_terminal_keeps_the_names():
    written = io.StringIO()
    column_table(COLUMNS, Console(file=written, force_terminal=True, width=70))
    text = re.sub(r"\x1b\[\d*m", "", written.getvalue())
    assert max(map(len, text.splitlines())) == 70
    assert "who" in text
    assert "number, target" in text


def test_lines_in_a_pipe_are_as_long_as_they_need():
    written = io.StringIO()
    column_table(COLUMNS, Console(file=written, width=40, markup=False))
    lines = written.getvalue().splitlines()
    assert len(lines) == 1 + len(COLUMNS)
    assert lines[1].endswith("[red]no[/red]")
