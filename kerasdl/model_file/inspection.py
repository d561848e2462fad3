"""The first two stages: what is in a `.keras` file, read without Keras."""

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
from kerasdl.model_file import weights
from kerasdl.model_file.allowlist import check_config
from kerasdl.model_file.weights import HINT

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
MAX_CONFIG_BYTES = 1 << 22
MAX_CONFIG_VALUES = 1_000_000
"""As `untrusted.MAX_JSON_VALUES`."""
MAX_DIRECTORY_BYTES = 1 << 17
"""Of an archive's list of members; that of three takes a few hundred, a comment 65,557."""
OTHER_FORMATS = {b"\x89HDF\r\n\x1a\n": "an HDF5 file", b"\x80": "a pickle"}
"""First bytes of files that can name code to run."""
ENCRYPTED = 1


@dataclass(frozen=True)
class Inspection:
    """What a model file holds.

    Args:
        config: What Keras builds the model from, of nothing but allowed parts.
        weights: Numbers in its arrays, but for the state of an optimizer.
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
    first = file.read(8)
    for magic, kind in OTHER_FORMATS.items():
        if first.startswith(magic):
            raise UnsafeError(f"{path} is {kind}, not what Keras 3 writes", HINT)
    reader = _BoundedReads(path, file)
    with zipfile.ZipFile(cast("IO[bytes]", reader)) as archive:
        reader.most = MAX_CONFIG_BYTES
        _check_members(archive.infolist(), path)
        content, name = archive.read(CONFIG), f"{CONFIG} of {path}"
        config = untrusted.parse_json(content, name, MAX_CONFIG_VALUES)
        check_config(config, str(path))
        archive.open(WEIGHTS).close()  # it compares the member's own header
        member = _Member(file, archive.getinfo(WEIGHTS), archive.start_dir)
        arrays = cast("IO[bytes]", member)
        numbers = weights.count(arrays, member.size, f"{WEIGHTS} of {path}")
        return Inspection(config, numbers)


def _check_members(members: list[zipfile.ZipInfo], path: Path) -> None:
    """Check that an archive holds what Keras writes, in the way Keras does."""
    names = [member.orig_filename for member in members]  # with what follows a zero
    for member in members:
        name, what = member.orig_filename, ""
        if name not in (CONFIG, METADATA, WEIGHTS):
            what = f"{path} holds {name[:80]!r}, which Keras does not write"
        elif names.count(name) > 1:
            what = f"{path} holds {name} twice"
        elif member.compress_type or member.file_size != member.compress_size:
            what = f"{name} of {path} is packed, which Keras does not do"
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
    """A file of which no more is read at once than a directory of three members."""

    def __init__(self, path: Path, file: IO[bytes]):
        self.path = path
        self.file = file
        self.most = MAX_DIRECTORY_BYTES

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def read(self, size: int = -1) -> bytes:
        if size > self.most:
            raise UnsafeError(f"{self.path} lists too many members", HINT)
        return self.file.read(size)


class _Member(io.RawIOBase):
    """A member that is stored as it is; unlike zipfile's, it can seek without reading."""

    def __init__(self, file: IO[bytes], member: zipfile.ZipInfo, end: int):
        self.file = file
        self.size = member.file_size
        file.seek(member.header_offset + 26)
        name, extra = struct.unpack("<HH", file.read(4))
        self.begin = member.header_offset + 30 + name + extra
        if self.begin + self.size > end:
            raise ValueError(f"{member.filename} is cut off")
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
