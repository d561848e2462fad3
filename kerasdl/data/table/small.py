"""Small tables, for which a slower network is the default."""

from pathlib import Path

from kerasdl.data.table.table import Table

ROWS, COLUMNS = 10_000, 100
"""Largest number of rows and of columns of a small table."""
BYTES = 24 * 2**20
"""Largest file of a small table, so that no other is read whole to count its columns."""
DESCRIPTION = f"a table of up to {ROWS:,} rows and {COLUMNS} columns"


def may_be_small(file: Path | None) -> bool:
    """Return whether a table may be small, by its file; a data frame has none."""
    return file is None or file.stat().st_size <= BYTES


def is_small(table: Table, file: Path | None) -> bool:
    """Return whether a table is small.

    Args:
        table: The table, or some of its columns if the file is too large anyway.
        file: Its file; None for a data frame.
    """
    is_short = len(table) <= ROWS and len(table.columns) <= COLUMNS
    return is_short and may_be_small(file)
