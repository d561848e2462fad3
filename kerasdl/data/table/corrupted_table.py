"""Columns of a table that are missing, permuted or noisy."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from kerasdl.data.corrupted import normal, uniform
from kerasdl.data.table.columns import Column
from kerasdl.data.table.table import Table
from kerasdl.data.table.values import numbers_of

NOISE = 0.1
"""Standard deviation of noise, as a share of that of the column."""
MOST_COLUMNS = 30
"""Columns that are damaged; of more, the first ones."""


def corrupted_columns(
    table: Table, columns: Sequence[Column], rows: np.ndarray, seed: int
) -> Iterator[tuple[str, str, Table]]:
    """Yield a table for each column and what was done to it.

    Args:
        table: The rows.
        columns: The columns that the model sees.
        rows: Number of each row, which decides its noise.
        seed: Seed of the noise.

    Yields:
        The name of the column, what was done to it, and the table.
    """
    for column in columns[:MOST_COLUMNS]:
        name, values = column.name, table.column(column.name)
        order = np.argsort(uniform(seed, f"order {name}", rows))
        damaged = {"missing": _missing(values), "permuted": values[order]}
        if column.is_number:
            numbers = numbers_of(table, name, column.spelling)
            drawn = normal(seed, f"noise {name}", rows)
            noise = NOISE * np.nanstd(numbers) if np.isfinite(numbers).any() else 0.0
            damaged[f"noise of {NOISE} deviations"] = numbers + noise * drawn
        for what, changed in damaged.items():
            others = table.columns | {name: changed}
            yield f"column {name}", what, replace(table, columns=others)


def _missing(values: np.ndarray) -> np.ndarray:
    """Return a missing value for each value of a column."""
    missing = {"f": np.nan, "M": np.datetime64("NaT")}.get(values.dtype.kind)
    return np.full(len(values), missing, values.dtype)
