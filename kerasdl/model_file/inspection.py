"""The first two stages: what is in a `.keras` file, read without Keras."""

import io
import math
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import h5py

from kerasdl import untrusted
from kerasdl.errors import ModelFileError, UnsafeError
from kerasdl.model_file.allowlist import check_config

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
MAX_CONFIG_BYTES = 1 << 23
MAX_DIRECTORY_BYTES = 1 << 16
"""Of an archive's list of members; that of three takes a few hundred."""
MAX_H5_OBJECTS = 100_000
MAX_ATTRIBUTE_BYTES = 1 << 10
HINT = "restore the model that belongs to this run, or train again"


@dataclass(frozen=True)
class Inspection:
    """What a model file holds.

    Args:
        config: What Keras builds the model from, of nothing but allowed parts.
        weights: Numbers in all of its arrays.
    """

    config: dict[str, Any]
    weights: int


def inspect(path: Path) -> Inspection:
    """Return what a model file holds, having seen that it can do no harm.

    Raises:
        ModelFileError: If it is missing, damaged, or no model of Keras 3.
        UnsafeError: If it holds other members than Keras writes, is packed more
            tightly, names a class or a function that is not allowed, or has links,
            virtual or external arrays among its weights.
    """
    try:
        with untrusted.open_file(path) as file:
            return _inspect(path, file)
    except FileNotFoundError as fault:
        raise ModelFileError(f"{path} is missing", HINT) from fault
    except (
        OSError, RuntimeError, KeyError, TypeError, ValueError, EOFError, zlib.error,
        zipfile.BadZipFile, NotImplementedError,
    ) as fault:  # fmt: skip
        said = " ".join(str(fault).split()) or type(fault).__name__
        raise ModelFileError(f"{path} is damaged: {said}", HINT) from fault


def _inspect(path: Path, file: IO[bytes]) -> Inspection:
    with zipfile.ZipFile(_ShortReads(path, file)) as archive:  # type: ignore[arg-type]
        members = archive.infolist()
        names = [member.filename for member in members]
        if strange := [
            name for name in names if name not in (CONFIG, METADATA, WEIGHTS)
        ]:
            what = f"{path} holds {strange[0][:80]!r}, which Keras does not write"
            raise UnsafeError(what, HINT)
        if len(set(names)) < len(names):
            raise UnsafeError(f"{path} holds {names[0]} twice", HINT)
        if missing := {CONFIG, WEIGHTS} - set(names):
            raise ValueError(f"it has no {min(missing)}")
        for member in members:
            if member.compress_type or member.file_size != member.compress_size:
                what = f"{member.filename} of {path} is packed, which Keras does not do"
                raise UnsafeError(what, HINT)
        if archive.getinfo(CONFIG).file_size > MAX_CONFIG_BYTES:
            what = f"{CONFIG} of {path} is longer than {MAX_CONFIG_BYTES:,} bytes"
            raise UnsafeError(what, HINT)
        config = untrusted.parse_json(archive.read(CONFIG), f"{CONFIG} of {path}")
        check_config(config, str(path))
        archive.open(WEIGHTS).close()  # it compares the member's own header
        with h5py.File(_Member(file, archive.getinfo(WEIGHTS)), "r") as weights:
            sizes = (_size(part, path) for part in _parts(weights, path))
            return Inspection(config, sum(sizes))


class _ShortReads:
    """A file of which no more is read at once than a directory of three members."""

    def __init__(self, path: Path, file: IO[bytes]):
        self.path = path
        self.file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def read(self, size: int = -1) -> bytes:
        if size > max(MAX_DIRECTORY_BYTES, MAX_CONFIG_BYTES):
            what = f"{self.path} lists too many members"
            raise UnsafeError(what, HINT)
        return self.file.read(size)


class _Member(io.RawIOBase):
    """A member that is stored as it is; unlike zipfile's, it can seek without reading."""

    def __init__(self, file: IO[bytes], member: zipfile.ZipInfo):
        self.file = file
        self.size = member.file_size
        file.seek(member.header_offset + 26)
        name, extra = struct.unpack("<HH", file.read(4))
        self.begin = member.header_offset + 30 + name + extra
        self.place = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the place in the member."""
        return self.place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place in the member."""
        self.place = offset + (0, self.place, self.size)[whence]
        return self.place

    def readinto(self, buffer: Any) -> int:
        """Read on from the place."""
        self.file.seek(self.begin + self.place)
        wanted = min(len(buffer), max(0, self.size - self.place))
        content = self.file.read(wanted)
        buffer[: len(content)] = content
        self.place += len(content)
        return len(content)


def _parts(group: h5py.Group, path: Path) -> Iterator[h5py.Dataset]:
    """Yield the arrays below a group, each of which lies in the file itself."""
    groups, seen = [group], 0
    while groups:
        parent = groups.pop()
        for name in parent:
            seen += 1
            if seen > MAX_H5_OBJECTS:  # or linked in a circle
                what = f"{WEIGHTS} of {path} holds more than {MAX_H5_OBJECTS:,} parts"
                raise UnsafeError(what, HINT)
            if not isinstance(parent.get(name, getlink=True), h5py.HardLink):
                raise UnsafeError(f"{WEIGHTS} of {path} holds a link, {name!r}", HINT)
            part = parent[name]
            for attribute in part.attrs:
                if (
                    part.attrs.get_id(attribute).get_storage_size()
                    > MAX_ATTRIBUTE_BYTES
                ):
                    what = f"{WEIGHTS} of {path} has a long attribute at {part.name}"
                    raise UnsafeError(what, HINT)
            if isinstance(part, h5py.Group):
                groups.append(part)
            elif isinstance(part, h5py.Dataset):
                yield part
            else:
                raise UnsafeError(f"{part.name} of {path} is no array", HINT)


def _size(array: h5py.Dataset, path: Path) -> int:
    """Return the count of an array's numbers, all of which are in the file."""
    what = f"{array.name} in {WEIGHTS} of {path}"
    if array.dtype.kind not in "biuf":
        raise UnsafeError(f"{what} holds no numbers", HINT)
    if array.is_virtual or array.external or array.chunks:
        raise UnsafeError(f"{what} is not stored as Keras does", HINT)
    size = math.prod(array.shape)
    if array.id.get_storage_size() != size * array.dtype.itemsize:
        raise UnsafeError(f"{what} claims the shape {array.shape} without bytes", HINT)
    return size
