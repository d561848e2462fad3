"""Arrays of an `.npz` file, as weights."""

import zipfile
from functools import partial
from pathlib import Path

from numpy.lib import format as npy

from kerasdl.data.npy import read_header
from kerasdl.data.npz import check_sizes
from kerasdl.errors import UnsafeError
from kerasdl.weight_files.stored_tensor import StoredTensor, widened


def npz(archive: zipfile.ZipFile, path: Path) -> dict[str, StoredTensor]:
    """Return the arrays of an open archive, by name.

    Raises:
        UnsafeError: If it holds pickled objects, a name twice, or claims more than it
            holds.
        ValueError: If it is damaged.
    """
    check_sizes(archive, path)
    tensors: dict[str, StoredTensor] = {}
    for member in archive.infolist():
        name = member.filename.removesuffix(".npy")
        if name in tensors:
            raise UnsafeError(f"{path} holds {name[:80]!r} twice", "do not use it")
        with archive.open(member) as file:
            header = read_header(file, member.file_size, name[:80], path)
        if header.dtype.kind not in "biuf":
            raise ValueError(f"{name[:80]!r} holds {header.dtype}, not numbers")
        tensors[name] = StoredTensor(header.shape, partial(_read, archive, member))
    return tensors


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo):
    with archive.open(member) as file:
        return widened(npy.read_array(file, allow_pickle=False))
