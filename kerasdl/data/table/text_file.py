"""Text files, also compressed with gzip: their encoding, and what may be wrong."""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from kerasdl import untrusted
from kerasdl.data.table.table import line_listing
from kerasdl.errors import DataError, UnsafeError

BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # begins as that of UTF-16
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
CHUNK = 1 << 20
FALLBACK = "cp1252"
"""Encoding of text that is not UTF-8: that of Windows in western Europe."""
UNDECODABLE = "\ufffd"
"""What Python decodes other bytes to, when told to replace them."""
ENCODING_HINT = "set data.encoding to that of the file, such as 'latin-1'"


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn the errors of reading a file into `DataError`."""
    try:
        yield
    except FileNotFoundError as fault:
        raise DataError(f"{path} does not exist", "give the path of a table") from fault
    except (gzip.BadGzipFile, EOFError, zlib.error) as fault:
        what = f"{path} is damaged or not a gzip file: {fault}"
        raise DataError(what, "restore it, or compress it again") from fault
    except UnicodeError as fault:
        what = f"{path} cannot be decoded: {fault}"
        raise DataError(what, ENCODING_HINT) from fault
    except OSError as fault:
        what = f"cannot read {path}: {fault.strerror or fault}"
        raise DataError(what, "check the file and its permissions") from fault


@contextmanager
def open_text(path: Path, encoding: str) -> Iterator[io.TextIOWrapper]:
    """Open a file as text, expanded; line endings stay as they are.

    Raises:
        DataError: If bytes that are read cannot be decoded; names lines.
    """
    try:
        with (
            _open(path) as file,
            io.TextIOWrapper(file, encoding, newline="") as text,
        ):
            yield text
    except UnicodeDecodeError as fault:
        with _open(path) as file:
            text = io.TextIOWrapper(file, encoding, errors="replace", newline="")
            lines = [n for n, line in enumerate(text, 1) if UNDECODABLE in line]
        if not lines:
            raise
        what = f"{path} cannot be decoded as {encoding} at {line_listing(lines)}"
        raise DataError(what, ENCODING_HINT) from fault


def encoding_of(path: Path) -> str:
    """Return the encoding of a text file.

    Raises:
        DataError: If the file is empty, or is no text; names lines.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_valid = True
    with _open(path) as file:
        content = file.read(CHUNK)
        if not content:
            raise DataError(f"{path} is empty", "give a table with a line of names")
        for mark, encoding in BYTE_ORDER_MARKS.items():
            if content.startswith(mark):
                return encoding
        while content:
            if b"\0" in content:
                raise _nul_bytes(path)
            try:
                if is_valid:
                    decoder.decode(content)
            except UnicodeDecodeError:
                is_valid = False
            content = file.read(CHUNK)
    try:
        decoder.decode(b"", final=is_valid)
    except UnicodeDecodeError:
        is_valid = False
    return "utf-8" if is_valid else FALLBACK


def _nul_bytes(path: Path) -> DataError:
    with _open(path) as file:
        lines = [number for number, line in enumerate(file, 1) if b"\0" in line]
    what = f"{path} has NUL bytes at {line_listing(lines)}"
    return DataError(what, "set data.encoding, or give Parquet as .parquet")


@contextmanager
def _open(path: Path) -> Iterator[IO[bytes]]:
    """Open the content of a file, expanded."""
    with untrusted.open_file(path) as file:
        if path.suffix.lower() != ".gz":
            yield file
            return
        with gzip.GzipFile(fileobj=file) as expanded:
            yield io.BufferedReader(_Bounded(expanded, path))


class _Bounded(io.RawIOBase):
    """A stream that ends with `UnsafeError` when it expands too far."""

    def __init__(self, stream: gzip.GzipFile, path: Path):
        self.stream, self.path = stream, path
        self.compressed, self.expanded = path.stat().st_size, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = self.stream.read(len(buffer))
        self.expanded += len(content)
        if untrusted.is_bomb(self.expanded, self.compressed):
            rule = (
                f"more than {untrusted.MAX_RATIO} times its {self.compressed:,} bytes"
            )
            what = f"{self.path} expands to {rule}"
            raise UnsafeError(what, "expand it yourself if you trust it")
        buffer[: len(content)] = content
        return len(content)
