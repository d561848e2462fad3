"""Rows of CSV files as inputs of a network. Needs NumPy alone."""

import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from columns import features

BATCH = 1024


def inputs(arguments: Sequence[str], meaning: dict[str, Any]) -> Iterator[np.ndarray]:
    """Yield batches of features, float32 of shape `(rows, features)`.

    For forecasts, each file has the steps of a series in their order, and gives one
    input of its last steps, of shape `(1, window, features)`.

    Args:
        arguments: Paths of CSV files in UTF-8, whose first line names the columns.
        meaning: Content of `preprocessing.json`.

    Raises:
        ValueError: If a column is missing, a line has too many or too few values, a
            value is not what its column holds, or there are too few steps.
    """
    told = meaning["preprocessing"]
    columns, window = told["columns"], told.get("window")
    for path in arguments:
        batches = (features(rows, columns) for rows in _rows(path, columns))
        if window is None:
            yield from batches
            continue
        parts = [*batches]
        if (count := sum(map(len, parts))) < window:
            raise ValueError(f"{path} has {count} steps, a window has {window}")
        steps = np.concatenate(parts)
        yield steps[None, -window:]


def _rows(
    path: str, columns: Sequence[dict[str, Any]]
) -> Iterator[dict[str, list[str]]]:
    """Yield the texts of each column of some rows."""
    with Path(path).open(newline="", encoding="utf-8-sig") as file:
        for delimiter in ",;\t|":
            file.seek(0)
            rows = csv.reader(
                file, delimiter=delimiter, strict=True, skipinitialspace=True
            )
            names = [name.strip() for name in next(rows, [])]
            if {column["name"] for column in columns} <= {*names}:
                break
        else:
            raise ValueError(f"{path} lacks one of {[c['name'] for c in columns]}")
        places = {column["name"]: names.index(column["name"]) for column in columns}
        filled = filter(None, rows)
        while batch := [*islice(filled, BATCH)]:
            if any(len(row) != len(names) for row in batch):
                raise ValueError(f"a line of {path} has not {len(names)} values")
            yield {
                name: [row[place].strip() for row in batch]
                for name, place in places.items()
            }
