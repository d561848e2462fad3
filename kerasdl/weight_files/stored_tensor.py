"""A tensor that is still in its file."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

import ml_dtypes
import numpy as np

DTYPES = {
    "BOOL": np.dtype("?"),
    "U8": np.dtype("u1"),
    "I8": np.dtype("i1"),
    "U16": np.dtype("<u2"),
    "I16": np.dtype("<i2"),
    "U32": np.dtype("<u4"),
    "I32": np.dtype("<i4"),
    "U64": np.dtype("<u8"),
    "I64": np.dtype("<i8"),
    "F16": np.dtype("<f2"),
    "BF16": np.dtype(ml_dtypes.bfloat16),
    "F32": np.dtype("<f4"),
    "F64": np.dtype("<f8"),
}
"""The dtypes that are read, by their names in safetensors."""
LONGEST, MOST_AXES = 2**31 - 1, 32
"""Limits on an axis, and on their number."""


@dataclass(frozen=True)
class StoredTensor:
    """A tensor that is read when it is needed.

    Args:
        shape: Its shape.
        read: Returns it, while its file is open; bfloat16 as float32.
    """

    shape: tuple[int, ...]
    read: Callable[[], np.ndarray]


def plain_tensor(
    file: IO[bytes], begin: int, dtype: np.dtype, shape: tuple[int, ...]
) -> StoredTensor:
    """Return a tensor whose values follow one another in an open file.

    Args:
        file: The file.
        begin: Place of its first byte.
        dtype: Its dtype, little-endian.
        shape: Its shape.
    """

    def read() -> np.ndarray:
        values = np.empty(math.prod(shape), dtype)
        file.seek(begin)
        read_into(file, values)
        return widened(values.reshape(shape))

    return StoredTensor(shape, read)


def read_into(file: IO[bytes], values: np.ndarray) -> None:
    """Fill an array of one axis from a file; raise `EOFError` if that is too short."""
    target, filled = values.view("u1"), 0
    while filled < len(target):
        content = file.read(min(len(target) - filled, 1 << 24))
        if not content:
            raise EOFError("it is cut off")
        end = filled + len(content)
        target[filled:end] = np.frombuffer(content, "u1")
        filled = end


def widened(values: np.ndarray) -> np.ndarray:
    """Return values in a dtype that NumPy has."""
    is_bfloat16 = values.dtype == DTYPES["BF16"]
    return values.astype("float32") if is_bfloat16 else values


def is_shape(value: object) -> bool:
    """Return whether a value is a list or tuple of lengths."""
    return (
        isinstance(value, list | tuple)
        and len(value) <= MOST_AXES
        and all(
            isinstance(n, int) and not isinstance(n, bool) and 0 <= n <= LONGEST
            for n in value
        )
    )
