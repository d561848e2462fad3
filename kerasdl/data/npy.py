"""Arrays in NumPy's format: read, or mapped if they are large."""

import lzma
import math
import os
import struct
import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from numpy.lib import format as npy

from kerasdl.data.examples import is_large
from kerasdl.errors import UnsafeError

DAMAGE = (
    EOFError,
    KeyError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    TypeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)
"""Exceptions that zipfile and NumPy raise for files that are damaged or of another
format."""


class Header(NamedTuple):
    """What an array in NumPy's format says of itself.

    Args:
        shape: Its shape.
        is_fortran: Whether columns are stored one after another.
        dtype: Its dtype.
        end: Bytes of the header.
    """

    shape: tuple[int, ...]
    is_fortran: bool
    dtype: np.dtype
    end: int

    @property
    def nbytes(self) -> int:
        """Bytes of the values."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(file: IO[bytes], size: int, name: str, path: Path) -> Header:
    """Return the header of an array after checking it against the bytes there are.

    Args:
        file: The array, at its first byte.
        size: Bytes of the header and the values.
        name: Name of the array, for messages.
        path: The file, for messages.

    Raises:
        UnsafeError: If it holds pickled objects, or claims more values than there are.
        ValueError: If it is damaged.
    """
    is_version_1 = npy.read_magic(file) == (1, 0)
    read = npy.read_array_header_1_0 if is_version_1 else npy.read_array_header_2_0
    try:
        header = Header(*read(file), file.tell())
    except (IndexError, MemoryError, RecursionError, SyntaxError) as fault:
        raise ValueError(f"the header of {name} cannot be read: {fault}") from fault
    if header.dtype.hasobject:
        what = f"{name} in {path} holds pickled objects, which could run code"
        raise UnsafeError(what, "save numeric arrays only")
    if min(header.shape, default=0) < 0:
        raise ValueError(f"{name} has the shape {header.shape}")
    if not header.dtype.itemsize:
        raise ValueError(f"{name} holds {header.dtype}, values of no bytes")
    if max(header.nbytes, *header.shape, 0) > size:
        what = f"{name} in {path} claims the shape {header.shape}"
        raise UnsafeError(f"{what} but holds {size} bytes", "save it again")
    return header


def is_mapped(header: Header, size: int) -> bool:
    """Return whether an array is left in its file, and read as it is used.

    It is if it is large, and if its values fill the rest of its bytes row by row.
    """
    is_whole = header.end + header.nbytes == size and not header.is_fortran
    return is_whole and is_large(header.shape)


def mapped(file: IO[bytes], header: Header, begin: int) -> np.ndarray:
    """Return a view of an array in a file that is not packed.

    Args:
        file: The file; it may be closed afterwards.
        header: Header of the array.
        begin: Place of the header in the file.

    Raises:
        ValueError: If the values would reach beyond the end of the file.
    """
    offset = begin + header.end
    if offset + header.nbytes > os.fstat(file.fileno()).st_size:
        raise ValueError("an array reaches beyond the end of the file")
    whole = np.memmap(file, header.dtype, "r", offset, header.shape)
    return whole.view(np.ndarray)
