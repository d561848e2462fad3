"""Rows of a table as a small CSV file."""

import csv
import io
from collections.abc import Sequence

from kerasdl.data.preprocessing import Sample
from kerasdl.data.table.table import Table
from kerasdl.data.table.typed_columns import column_texts


def csv_sample(table: Table, names: Sequence[str]) -> Sample:
    """Return the rows of a table.

    Args:
        table: The table.
        names: The columns to write.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(names)
    columns = [column_texts(table.column(name)) for name in names]
    for row in zip(*columns, strict=True):
        writer.writerow(["" if value is None else value for value in row])
    return Sample(["sample.csv"], {"sample.csv": file.getvalue().encode()}, len(table))
