"""The two formats of `torch.save`, without PyTorch and without unpickling."""

import os
import struct
import zipfile
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from kerasdl.errors import UnsafeError
from kerasdl.weight_files.pickled_data import HINT, pickled_data
from kerasdl.weight_files.stored_tensor import StoredTensor, read_into
from kerasdl.weight_files.torch_tensors import (
    ALLOWED,
    Storage,
    storages,
    torch_tensors,
)

PICKLE = "data.pkl"
MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
"""The first values of a file of PyTorch before 1.6."""
LENGTHS = 26
"""Where the header of a member says how long its name and its extra field are."""


class _Span(NamedTuple):
    """Bytes of a file.

    Args:
        begin: Place of the first one.
        size: How many there are.
    """

    begin: int
    size: int


def torch_archive(file: IO[bytes], path: Path) -> dict[str, StoredTensor]:
    """Return the tensors of an open archive that `torch.save` wrote, by name.

    Checksums are not looked at: PyTorch may leave them out.

    Raises:
        UnsafeError: If its pickle names anything but tensors and tables, or if a member
            is packed, there twice, or claims more than there is.
        ValueError: If it is damaged.
    """
    spans = _members(file, path)
    pickles = [name for name in spans if Path(name).name == PICKLE]
    if len(pickles) != 1:
        raise ValueError(f"it has {len(pickles)} members named {PICKLE}")
    folder = pickles[0].removesuffix(PICKLE)
    if order := spans.get(f"{folder}byteorder"):
        file.seek(order.begin)
        if file.read(min(order.size, 16)).strip() != b"little":
            raise ValueError("its numbers are big-endian")
    file.seek(spans[pickles[0]].begin)
    value = pickled_data(file, ALLOWED)

    def span(storage: Storage) -> _Span:
        name = f"{folder}data/{storage.key}"
        if name not in spans:
            raise ValueError(f"it has no member {name[:80]!r}")
        return spans[name]

    def count(storage: Storage) -> int:
        return span(storage).size // storage.dtype.itemsize

    def read(storage: Storage, first: int, numbers: int) -> np.ndarray:
        return _numbers(file, span(storage).begin, storage.dtype, first, numbers)

    return torch_tensors(value, read, count)


def torch_legacy(file: IO[bytes]) -> dict[str, StoredTensor]:
    """Return the tensors of an open file in the format before PyTorch 1.6, by name.

    Raises:
        UnsafeError: If it is another pickle, or as `torch_archive`.
        ValueError: If it is damaged.
    """
    if [pickled_data(file, ALLOWED) for _ in range(2)] != [MAGIC, PROTOCOL]:
        raise UnsafeError("it is a pickle, but none of PyTorch", HINT)
    system, value, keys = (pickled_data(file, ALLOWED) for _ in range(3))
    if not isinstance(system, dict) or not system.get("little_endian"):
        raise ValueError("its numbers are big-endian")
    dtypes = {each.key: each.dtype for each in storages(value)}
    is_list = isinstance(keys, list) and all(isinstance(key, str) for key in keys)
    if not is_list or sorted(keys) != sorted(dtypes):
        raise ValueError("its list of storages is not that of its tensors")
    places: dict[str, tuple[int, int]] = {}
    begin = file.tell()
    size = file.seek(0, os.SEEK_END)
    for key in keys:
        file.seek(begin)
        (count,) = struct.unpack("<q", file.read(8))
        begin += 8
        if not 0 <= count <= (size - begin) // dtypes[key].itemsize:
            raise ValueError(f"a storage claims {count:,} numbers")
        places[key] = begin, count
        begin += count * dtypes[key].itemsize

    def read(storage: Storage, first: int, numbers: int) -> np.ndarray:
        begin, _ = places[storage.key]
        return _numbers(file, begin, storage.dtype, first, numbers)

    return torch_tensors(value, read, lambda storage: places[storage.key][1])


def _numbers(
    file: IO[bytes], begin: int, dtype: np.dtype, first: int, count: int
) -> np.ndarray:
    """Return some numbers of a storage that begins at a place."""
    values = np.empty(count, dtype)
    file.seek(begin + first * dtype.itemsize)
    read_into(file, values)
    return values


def _members(file: IO[bytes], path: Path) -> dict[str, _Span]:
    """Return where the members of an archive are, none of which may be packed."""
    with zipfile.ZipFile(file) as archive:
        members, end = archive.infolist(), archive.start_dir
    spans: dict[str, _Span] = {}
    for member in members:
        name = member.filename
        if member.compress_type or member.file_size != member.compress_size:
            what = f"{name[:80]!r} of {path} is packed, which PyTorch does not do"
            raise UnsafeError(what, HINT)
        if name in spans:
            raise UnsafeError(f"{path} holds {name[:80]!r} twice", HINT)
        file.seek(member.header_offset + LENGTHS)
        name_length, extra = struct.unpack("<HH", file.read(4))
        begin = file.tell() + name_length + extra
        if begin + member.file_size > end:
            what = f"{name[:80]!r} of {path} claims {member.file_size:,} bytes"
            raise UnsafeError(f"{what}, which it has not", HINT)
        spans[name] = _Span(begin, member.file_size)
    return spans
