"""The first two stages: inspect a `.keras` file without Keras."""

import io
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from kerasdl import untrusted
from kerasdl.errors import ModelFileError, UnsafeError
from kerasdl.model_file.allowlist import check_config
from kerasdl.weight_files import hdf5
from kerasdl.weight_files.hdf5 import HINT

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
MAX_CONFIG_BYTES = 1 << 22
MAX_CONFIG_VALUES = 1_000_000
"""Limit on values in the config; see `untrusted.MAX_JSON_VALUES`."""
MAX_DIRECTORY_BYTES = 1 << 17
"""Limit on an archive's list of members. Three members take a few hundred bytes, and a
comment at most 65,557."""
OTHER_FORMATS = {b"\x89HDF\r\n\x1a\n": "an HDF5 file", b"\x80": "a pickle"}
"""First bytes of files that can name code to run."""
ENCRYPTED = 1


@dataclass(frozen=True)
class Inspection:
    """The contents of a model file.

    Args:
        config: The config for Keras, which names only allowed parts.
        weights: Number of weights, without the state of an optimizer.
    """

    config: dict[str, Any]
    weights: int


def inspect(path: Path) -> Inspection:
    """Return the contents of a model file, after checking that it can do no harm.

    Raises:
        ModelFileError: If it is missing, damaged, or not a Keras 3 model.
        UnsafeError: If it holds members that Keras does not write, is compressed, or
            names a class or function that is not allowed; or if its weights have links,
            or virtual or external arrays.
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
        reason = " ".join(str(fault).split()) or type(fault).__name__
        raise ModelFileError(f"{path} is damaged: {reason}", HINT) from fault


def _inspect(path: Path, file: IO[bytes]) -> Inspection:
    first = file.read(8)
    for magic, kind in OTHER_FORMATS.items():
        if first.startswith(magic):
            raise UnsafeError(f"{path} is {kind}, not what Keras 3 writes", HINT)
    reader = _BoundedReads(path, file)
    with zipfile.ZipFile(cast("IO[bytes]", reader)) as archive:
        reader.max_read = MAX_CONFIG_BYTES
        _check_members(archive.infolist(), path)
        content, name = archive.read(CONFIG), f"{CONFIG} of {path}"
        config = untrusted.parse_json(content, name, MAX_CONFIG_VALUES)
        check_config(config, str(path))
        archive.open(WEIGHTS).close()  # this checks the member's own header
        member = _Member(file, archive.getinfo(WEIGHTS), archive.start_dir)
        arrays = cast("IO[bytes]", member)
        count = hdf5.count(arrays, member.size, f"{WEIGHTS} of {path}")
        return Inspection(config, count)


def _check_members(members: list[zipfile.ZipInfo], path: Path) -> None:
    """Check that an archive has the members that Keras writes, stored as Keras does."""
    names = [member.orig_filename for member in members]  # not truncated at a null byte
    for member in members:
        name, what = member.orig_filename, ""
        if name not in (CONFIG, METADATA, WEIGHTS):
            what = f"{path} holds {name[:80]!r}, which Keras does not write"
        elif names.count(name) > 1:
            what = f"{path} holds {name} twice"
        elif member.compress_type or member.file_size != member.compress_size:
            what = f"{name} of {path} is compressed, which Keras does not do"
        elif member.flag_bits & ENCRYPTED:
            what = f"{name} of {path} is encrypted"
        elif stat.S_ISLNK(member.external_attr >> 16):
            what = f"{name} of {path} is a link"
        elif name == CONFIG and member.file_size > MAX_CONFIG_BYTES:
            what = f"{name} of {path} is longer than {MAX_CONFIG_BYTES:,} bytes"
        if what:
            raise UnsafeError(what, HINT)
    if missing := {CONFIG, WEIGHTS} - set(names):
        raise ValueError(f"it has no {min(missing)}")


class _BoundedReads:
    """A file with a limit on the bytes of one read."""

    def __init__(self, path: Path, file: IO[bytes]):
        self.path = path
        self.file = file
        self.max_read = MAX_DIRECTORY_BYTES

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def read(self, size: int = -1) -> bytes:
        if size > self.max_read:
            raise UnsafeError(f"{self.path} lists too many members", HINT)
        return self.file.read(size)


class _Member(io.RawIOBase):
    """An uncompressed archive member; unlike zipfile's, it seeks without reading."""

    def __init__(self, file: IO[bytes], member: zipfile.ZipInfo, end: int):
        self.file = file
        self.size = member.file_size
        file.seek(member.header_offset + 26)
        name, extra = struct.unpack("<HH", file.read(4))
        self.begin = member.header_offset + 30 + name + extra
        if self.begin + self.size > end:
            raise ValueError(f"{member.filename} is cut off")
        self.position = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position in the member."""
        return self.position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position in the member."""
        self.position = offset + (0, self.position, self.size)[whence]
        return self.position

    def readinto(self, buffer: Any) -> int:
        """Read from the current position."""
        self.file.seek(self.begin + self.position)
        wanted = min(len(buffer), max(0, self.size - self.position))
        content = self.file.read(wanted)
        buffer[: len(content)] = content
        self.position += len(content)
        return len(content)
