"""Go through many rows a bounded number of bytes at a time."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

MAX_ROWS = 4_096
MAX_BYTES = 1 << 26
"""Bytes of a chunk as float64; one row may take more."""


def rows_at_a_time(shape: Sequence[int]) -> int:
    """Return how many rows of a shape, without its first axis, are a chunk."""
    return max(1, min(MAX_ROWS, MAX_BYTES // max(1, 8 * math.prod(shape))))


def row_chunks(rows: np.ndarray, shape: Sequence[int]) -> Iterator[np.ndarray]:
    """Yield row numbers, a chunk at a time.

    Args:
        rows: Row numbers of shape `(rows,)`.
        shape: The shape of one row.
    """
    size = rows_at_a_time(shape)
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def array_chunks(values: np.ndarray) -> Iterator[np.ndarray]:
    """Yield views of an array, a chunk of its rows at a time."""
    size = rows_at_a_time(values.shape[1:])
    for start in range(0, len(values), size):
        yield values[start : start + size]
