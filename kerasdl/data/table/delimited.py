"""Reader of CSV and TSV files, also compressed with gzip.

Every value is read as text, so that a wrong one can be named by its line.
"""

import codecs
import csv
import io
import itertools
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from kerasdl.data.table import text_file
from kerasdl.data.table.table import (
    MOST_PLACES,
    Table,
    check_names,
    is_text,
    line_listing,
    listing,
)
from kerasdl.errors import DataError

DELIMITERS = "\t;|,"
"""In order of preference: commas stand in numbers and texts as well."""
SAMPLE_LINES = 200
"""Lines from which the delimiter is recognised."""


def read_delimited(
    path: Path,
    delimiter: str = "auto",
    encoding: str = "auto",
    only: Collection[str] = (),
) -> Table:
    """Return the table in a CSV or TSV file; the first line names the columns.

    Spaces around values are dropped, and empty values are None.

    Args:
        path: Path of the file; `.gz` at its end means gzip.
        delimiter: The character between values; `auto` recognises it.
        encoding: A text encoding that Python knows; `auto` is that of the byte order mark,
            UTF-8, or cp1252 if the file is not UTF-8.
        only: Names of the only columns to keep, if the file has them; none keep all.

    Raises:
        DataError: If the file cannot be read, or a line has too many or too few
            values; the message names lines.
        UnsafeError: As `untrusted.open_file`, or if the file expands to far more than
            its size.
    """
    notes: list[str] = []
    with text_file.reading(path):
        if encoding == "auto":
            encoding = text_file.encoding_of(path)
            if encoding == text_file.FALLBACK:
                notes.append(f"{path} is not UTF-8; it was read as {encoding}")
        if codecs.lookup(encoding).name == "utf-8":
            encoding = "utf-8-sig"
        if delimiter == "auto":
            with text_file.open_text(path, encoding) as text:
                sample = list(itertools.islice(text, SAMPLE_LINES))
            delimiter = _delimiter(sample, path)
            if delimiter != _usual(path):
                notes.append(f"{path} has {delimiter!r} between its values")
        with text_file.open_text(path, encoding) as text:
            return _read(text, delimiter, path, tuple(notes), only)


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
    only: Collection[str],
) -> Table:
    reader = csv.reader(text, delimiter=delimiter, strict=True, skipinitialspace=True)
    rows = _rows(reader, path)
    _, header = next(rows, (1, []))
    names = _names(header, path)
    keeps_all = not only or not {*only} <= {*names}
    kept = [n for n, name in enumerate(names) if keeps_all or name in only]
    values: list[list[str | None]] = [[] for _ in kept]
    known: list[dict[str, str]] = [{} for _ in kept]  # one text for equal values
    lines: list[int] = []
    unreadable: list[int] = []
    ragged: list[tuple[int, int]] = []
    for line, row in rows:
        if len(row) != len(names):
            ragged.append((line, len(row)))
            continue
        lines.append(line)
        for column, texts, number in zip(values, known, kept, strict=True):
            stripped = row[number].strip()
            if stripped not in texts:
                if not is_text(stripped):
                    unreadable.append(line)
                    break
                texts[stripped] = stripped
            column.append(texts[stripped] or None)
    _check_lines(path, unreadable, ragged, len(names))
    if not lines:
        raise DataError(f"{path} has no rows below its names", "give it some")
    columns = {}
    for number, column in zip(kept, values, strict=True):
        columns[names[number]] = np.empty(len(column), object)
        columns[names[number]][:] = column
    return Table(str(path), columns, np.array(lines), notes)


def _check_lines(
    path: Path, unreadable: list[int], ragged: list[tuple[int, int]], width: int
) -> None:
    """Raise `DataError` for lines with unreadable characters or of another width."""
    if unreadable:
        what = f"{path} has NUL or half a character at {line_listing(unreadable)}"
        raise DataError(what, text_file.ENCODING_HINT)
    if ragged:
        shown = [f"line {at} has {count}" for at, count in ragged[:MOST_PLACES]]
        what = f"{path} has {width} columns, but {listing(shown, len(ragged))}"
        hint = "give every line as many values, or set data.delimiter"
        raise DataError(what, hint)


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
    """Return the names of the columns."""
    names = check_names(header, str(path))
    if are_numbers(names):
        what = f"the first line of {path} holds numbers, not the names of columns"
        raise DataError(what, "add a line of names")
    return names


def are_numbers(names: list[str]) -> bool:
    """Return whether all names are numbers, as in a file without a line of names."""
    try:
        return bool([*map(float, names)])
    except ValueError:
        return False
