"""Loader of `.npz` files."""

import lzma
import math
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

from kerasdl import untrusted
from kerasdl.data.arrays import Arrays
from kerasdl.errors import DataError, UnsafeError

LAYOUT = "save it with numpy.savez(path, x=…, y=…), and optionally x_test=…, y_test=…"

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
"""Exceptions that zipfile and NumPy raise for files that are damaged or not `.npz`."""


def load_npz(path: Path, targets: bool = True) -> Arrays:
    """Return the arrays `x`, `y` and, if present, `x_test`, `y_test` of a file.

    Args:
        path: Path of the file.
        targets: Whether `y` is required; otherwise the inputs are the targets.

    Raises:
        DataError: If the file is missing, damaged or lacks an array.
        UnsafeError: If the file holds pickled objects or less data than it claims, or
            decompresses to far more than its size.
    """
    names = ("x", "y", "x_test", "y_test") if targets else ("x", "x_test")
    arrays, members = read_npz(path, names)
    if not targets and "x" in arrays:
        x, x_test = arrays["x"], arrays.get("x_test")
        return Arrays(str(path), x, x, x_test, x_test)
    if "x" not in arrays or "y" not in arrays:
        needed = "both x and y" if targets else "x"
        raise DataError(f"{path} holds {members}, not {needed}", LAYOUT)
    if ("x_test" in arrays) != ("y_test" in arrays):
        raise DataError(f"{path} has only one of x_test and y_test", LAYOUT)
    own = arrays.get("x_test"), arrays.get("y_test")
    return Arrays(str(path), arrays["x"], arrays["y"], *own)


def read_npz(
    path: Path, names: Collection[str]
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Return the arrays of some names that a file has, and the names of all.

    Raises:
        DataError: If the file is missing or damaged.
        UnsafeError: As `load_npz`.
    """
    try:
        with untrusted.open_file(path) as file, zipfile.ZipFile(file) as archive:
            _check_sizes(archive, path)
            members = [name.removesuffix(".npy") for name in archive.namelist()]
            wanted = [name for name in names if name in members]
            return {name: _member(archive, name, path) for name in wanted}, members
    except FileNotFoundError as fault:
        raise DataError(f"{path} does not exist", "give the path of an .npz") from fault
    except OSError as fault:
        what = f"cannot read {path}: {fault.strerror or fault}"
        raise DataError(what, "check the file and its permissions") from fault
    except DAMAGE as fault:
        raise DataError(f"{path} is damaged or not an .npz: {fault}", LAYOUT) from fault


def _check_sizes(archive: zipfile.ZipFile, path: Path) -> None:
    """Raise `UnsafeError` if the file would decompress to far more than its size."""
    members = archive.infolist()
    expanded = sum(member.file_size for member in members)
    compressed = sum(member.compress_size for member in members)
    if untrusted.is_bomb(expanded, min(compressed, path.stat().st_size)):
        what = f"{path} would expand to {expanded:,} bytes"
        rule = f"more than {untrusted.MAX_RATIO} times its compressed size"
        raise UnsafeError(f"{what}, {rule}", "save it with numpy.savez")


def _member(archive: zipfile.ZipFile, name: str, path: Path) -> np.ndarray:
    """Return one array after checking its header against the data."""
    size = archive.getinfo(f"{name}.npy").file_size
    with archive.open(f"{name}.npy") as file:
        shape, dtype = _header(file)
        if dtype.hasobject:
            what = f"{name} in {path} holds pickled objects, which could run code"
            raise UnsafeError(what, "save numeric arrays only")
        if min(shape, default=0) < 0:
            raise ValueError(f"{name} has the shape {shape}")
        if math.prod(shape) * dtype.itemsize > size:
            what = f"{name} in {path} claims the shape {shape} but holds {size} bytes"
            raise UnsafeError(what, LAYOUT)
    with archive.open(f"{name}.npy") as file:
        return npy.read_array(file, allow_pickle=False)


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    is_version_1 = npy.read_magic(file) == (1, 0)
    read = npy.read_array_header_1_0 if is_version_1 else npy.read_array_header_2_0
    shape, _, dtype = read(file)
    return shape, dtype
