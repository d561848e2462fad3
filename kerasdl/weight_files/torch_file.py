"""The two formats of `torch.save`, without PyTorch and without unpickling."""

import struct
import zipfile
from pathlib import Path
from typing import IO

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


def torch_archive(archive: zipfile.ZipFile, path: Path) -> dict[str, StoredTensor]:
    """Return the tensors of an archive that `torch.save` wrote, by name.

    Raises:
        UnsafeError: If its pickle names anything but tensors and tables, or if a member
            is packed or there twice.
        ValueError: If it is damaged.
    """
    members = {each.filename: each for each in archive.infolist()}
    if len(members) < len(archive.infolist()):
        raise UnsafeError(f"{path} holds a member twice", HINT)
    if packed := [name for name, each in members.items() if each.compress_type]:
        what = f"{packed[0][:80]!r} of {path} is packed, which PyTorch does not do"
        raise UnsafeError(what, HINT)
    [pickle] = [name for name in members if Path(name).name == PICKLE]
    folder = pickle.removesuffix(PICKLE)
    order = folder + "byteorder"
    if order in members and archive.read(order).strip() != b"little":
        raise ValueError("its numbers are big-endian")
    with archive.open(pickle) as file:
        value = pickled_data(file, ALLOWED)

    def count(storage: Storage) -> int:
        member = members[f"{folder}data/{storage.key}"]
        return member.file_size // storage.dtype.itemsize

    def read(storage: Storage) -> np.ndarray:
        values = np.empty(count(storage), storage.dtype)
        with archive.open(f"{folder}data/{storage.key}") as file:
            read_into(file, values)
        return values

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
    if not isinstance(keys, list) or sorted(map(str, keys)) != sorted(dtypes):
        raise ValueError("its list of storages is not that of its tensors")
    places: dict[str, tuple[int, int]] = {}
    begin = file.tell()
    size = file.seek(0, 2)
    for key in keys:
        file.seek(begin)
        (count,) = struct.unpack("<q", file.read(8))
        begin += 8
        if not 0 <= count <= (size - begin) // dtypes[key].itemsize:
            raise ValueError(f"a storage claims {count:,} numbers")
        places[key] = begin, count
        begin += count * dtypes[key].itemsize

    def read(storage: Storage) -> np.ndarray:
        begin, count = places[storage.key]
        values = np.empty(count, storage.dtype)
        file.seek(begin)
        read_into(file, values)
        return values

    return torch_tensors(value, read, lambda storage: places[storage.key][1])
