"""Loader of `.npz` files."""

import struct
import zipfile
from collections.abc import Collection
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from kerasdl import untrusted
from kerasdl.data.arrays import Arrays
from kerasdl.data.npy import DAMAGE, Header, is_mapped, mapped, read_header
from kerasdl.errors import DataError, UnsafeError

LAYOUT = "save it with numpy.savez(path, x=…, y=…), and optionally x_test=…, y_test=…"
LENGTHS = 26
"""Where the header of a member says how long its name and its extra field are."""


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
            check_sizes(archive, path)
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


def check_sizes(archive: zipfile.ZipFile, path: Path) -> None:
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
    member = archive.getinfo(f"{name}.npy")
    with archive.open(member) as file:
        header = read_header(file, member.file_size, name, path)
    is_plain = member.compress_type == zipfile.ZIP_STORED
    if is_plain and is_mapped(header, member.file_size):
        return _mapped(archive, member, header)
    with archive.open(member) as file:
        return npy.read_array(file, allow_pickle=False)


def _mapped(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, header: Header
) -> np.ndarray:
    """Return an array that is not packed, in its place, once its checksum is right."""
    with archive.open(member) as values:
        while values.read(1 << 24):
            pass
    file = archive.fp
    assert file is not None
    file.seek(member.header_offset + LENGTHS)
    lengths = struct.unpack("<HH", file.read(4))
    return mapped(file, header, file.tell() + sum(lengths))
