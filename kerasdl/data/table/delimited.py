"""Reader of CSV and TSV files, also compressed with gzip.

Every value is read as text, so that a wrong one can be named by its line.
"""

import codecs
import csv
import gzip
import io
import itertools
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from kerasdl import untrusted
from kerasdl.data.table.table import MOST_PLACES, Table, listing
from kerasdl.errors import DataError, UnsafeError

DELIMITERS = "\t;|,"
"""In order of preference: commas stand in numbers and texts as well."""
SAMPLE_LINES = 200
"""Lines from which the delimiter is recognised."""
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


def read_delimited(
    path: Path,
    delimiter: str = "auto",
    encoding: str = "auto",
    only: str | None = None,
) -> Table:
    """Return the table in a CSV or TSV file; the first line names the columns.

    Spaces around values are dropped, and empty values are None.

    Args:
        path: Path of the file; `.gz` at its end means gzip.
        delimiter: The character between values; `auto` recognises it.
        encoding: A text encoding that Python knows; `auto` is that of the byte order mark,
            UTF-8, or cp1252 if the file is not UTF-8.
        only: Name of the only column to keep, if the file has it; None keeps all.

    Raises:
        DataError: If the file cannot be read, or a line has too many or too few
            values; the message names lines.
        UnsafeError: As `untrusted.open_file`, or if the file expands to far more than
            its size.
    """
    notes: list[str] = []
    with _reading(path):
        if encoding == "auto":
            encoding = _encoding(path)
            if encoding == FALLBACK:
                notes.append(f"{path} is not UTF-8; it was read as {encoding}")
        if codecs.lookup(encoding).name == "utf-8":
            encoding = "utf-8-sig"
        with _open(path) as file, _text(file, encoding) as text:
            sample = list(itertools.islice(text, SAMPLE_LINES))
        if delimiter == "auto":
            delimiter = _delimiter(sample, path)
            if delimiter != _usual(path):
                notes.append(f"{path} has {delimiter!r} between its values")
        with _open(path) as file, _text(file, encoding) as text:
            return _read(text, delimiter, path, tuple(notes), only)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as fault:
        raise DataError(f"{path} does not exist", "give the path of a table") from fault
    except (gzip.BadGzipFile, EOFError, zlib.error) as fault:
        what = f"{path} is damaged or not a gzip file: {fault}"
        raise DataError(what, "restore it, or compress it again") from fault
    except UnicodeError as fault:
        what = f"{path} cannot be decoded: {fault}"
        hint = "set data.encoding to that of the file, such as 'latin-1'"
        raise DataError(what, hint) from fault
    except OSError as fault:
        what = f"cannot read {path}: {fault.strerror or fault}"
        raise DataError(what, "check the file and its permissions") from fault


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


def _text(file: IO[bytes], encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(file, encoding, newline="")


def _encoding(path: Path) -> str:
    """Recognise the encoding; raise `DataError` if the file is no text."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines, valid = 1, True
    with _open(path) as file:
        content = file.read(CHUNK)
        if not content:
            raise DataError(f"{path} is empty", "give a table with a line of names")
        for mark, encoding in BYTE_ORDER_MARKS.items():
            if content.startswith(mark):
                return encoding
        while content:
            if (at := content.find(b"\0")) >= 0:
                line = lines + content.count(b"\n", 0, at)
                what = f"{path} has a NUL byte at line {line:,}"
                raise DataError(what, "give a table as text, or Parquet as .parquet")
            if valid:
                try:
                    decoder.decode(content)
                except UnicodeDecodeError:
                    valid = False
            lines += content.count(b"\n")
            content = file.read(CHUNK)
    if valid:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            valid = False
    return "utf-8" if valid else FALLBACK


def _usual(path: Path) -> str:
    """Return the delimiter that the name of a file promises."""
    return "\t" if ".tsv" in path.name.lower() else ","


def _delimiter(sample: list[str], path: Path) -> str:
    """Return the delimiter by which the most lines have as many values as the header."""
    best, most = _usual(path), 0
    for delimiter in DELIMITERS:
        try:
            rows = [row for row in csv.reader(sample, delimiter=delimiter) if row]
        except csv.Error:
            continue
        if not rows or (width := len(rows[0])) == 1:
            continue
        whole = sum(len(row) == width for row in rows)
        if whole > most:
            best, most = delimiter, whole
    return best


def _read(
    text: io.TextIOWrapper,
    delimiter: str,
    path: Path,
    notes: tuple[str, ...],
    only: str | None,
) -> Table:
    reader = csv.reader(text, delimiter=delimiter, strict=True, skipinitialspace=True)
    rows = _rows(reader, path)
    _, header = next(rows, (1, []))
    names = _names(header, path)
    kept = [names.index(only)] if only in names else range(len(names))
    values: list[list[str | None]] = [[] for _ in kept]
    known: list[dict[str, str]] = [{} for _ in kept]  # one text for equal values
    lines: list[int] = []
    ragged: list[tuple[int, int]] = []
    for line, row in rows:
        if len(row) != len(names):
            ragged.append((line, len(row)))
            continue
        lines.append(line)
        for column, texts, number in zip(values, known, kept, strict=True):
            stripped = row[number].strip()
            if stripped not in texts:
                stripped.encode()  # raises if it cannot be written again
                texts[stripped] = stripped
            column.append(texts[stripped] or None)
    if ragged:
        shown = [f"line {at} has {count}" for at, count in ragged[:MOST_PLACES]]
        what = f"{path} has {len(names)} columns, but {listing(shown, len(ragged))}"
        hint = "give every line as many values, or set data.delimiter"
        raise DataError(what, hint)
    if not lines:
        raise DataError(f"{path} has no rows below its names", "give it some")
    columns = {}
    for number, column in zip(kept, values, strict=True):
        columns[names[number]] = np.empty(len(column), object)
        columns[names[number]][:] = column
    return Table(str(path), columns, np.array(lines), notes)


def _rows(reader: Any, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the line where it begins; empty lines are skipped."""
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            what = f"{path} cannot be read at line {line}: {fault}"
            hint = "close its quotation marks, or set data.delimiter"
            raise DataError(what, hint) from fault
        if row:
            yield line, row


def _names(header: list[str], path: Path) -> list[str]:
    """Return the names of the columns; a nameless one gets its number."""
    names = [
        name.strip() or f"column {number}" for number, name in enumerate(header, 1)
    ]
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        what = f"{path} names {listing([*map(repr, twice[:MOST_PLACES])], len(twice))}"
        raise DataError(f"{what} more than once", "give every column its own name")
    if names and all(map(_is_number, names)):
        what = f"the first line of {path} holds numbers, not the names of columns"
        raise DataError(what, "add a line of names")
    return names


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
