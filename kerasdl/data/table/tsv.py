"""A data frame that is kept beside a run, as a TSV file."""

import csv
from dataclasses import replace
from pathlib import Path

from kerasdl import storage
from kerasdl.data.table.delimited import are_numbers
from kerasdl.data.table.table import Table
from kerasdl.data.table.typed_columns import column_texts
from kerasdl.errors import DataError


def as_texts(table: Table) -> Table:
    """Return the table that `read_delimited` will read from its file.

    Raises:
        DataError: If a text is too long for the file, or all names are numbers.
    """
    if are_numbers([*table.columns]):
        what = f"the columns of {table.source} have numbers as names"
        raise DataError(what, "give them names")
    columns = {name: column_texts(column) for name, column in table.columns.items()}
    most = csv.field_size_limit()
    for name, column in columns.items():
        lengths = [len(text or "") for text in column]
        if max(lengths) > most:
            row = lengths.index(max(lengths))
            what = f"column {name!r} of {table.source} has {lengths[row]:,} characters"
            what = f"{what} at {table.place(row)}, more than {most:,}"
            raise DataError(what, "leave the column out")
    return replace(table, columns=columns)


def write_tsv(table: Table, path: Path) -> None:
    """Write a table of texts.

    Raises:
        StorageError: If it cannot be written.
    """
    with (
        storage.replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.writer(file, delimiter="\t")  # it quotes both ends of lines
        writer.writerow(table.columns)
        rows = zip(*table.columns.values(), strict=True)
        writer.writerows(["" if v is None else v for v in row] for row in rows)
