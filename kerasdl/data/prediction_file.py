"""Files of predictions: CSV, JSON lines, Parquet and `.npz`."""

import csv
import json
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import numpy as np

from kerasdl import storage
from kerasdl.data.table.parquet import check_installed
from kerasdl.data.table.typed_columns import date_text
from kerasdl.errors import ConfigError, DataError

Columns = dict[str, np.ndarray]
"""Columns by name: numbers of shape `(rows, …)`, datetime64 of shape `(rows,)`, or objects
of shape `(rows,)` that are `str`, `int`, `float`, `datetime` or None."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings of a text that a spreadsheet would run."""


def write(chunks: Iterable[Columns], path: Path | None) -> int:
    """Write predictions, and return the number of rows.

    Args:
        chunks: The columns of some rows each, all with the same names. CSV has a column
            for each number of an array, the other formats have lists or arrays.
        path: A `.csv`, `.jsonl`, `.npz` or `.parquet` file, which is replaced; None
            writes CSV to stdout.

    Raises:
        ConfigError: If the suffix is unknown, or pyarrow is not installed for Parquet.
        StorageError: If the file cannot be written; an older one stays.
    """
    if path is None:
        return _csv(chunks, sys.stdout)
    writer = check_suffix(path)
    with storage.replacing(path) as temporary, _opened(temporary, path) as file:
        return writer(chunks, file)


def flattened(columns: Columns) -> Columns:
    """Return columns of shape `(rows,)`: one for each number, as `latent 0`."""
    flat: Columns = {}
    for name, column in columns.items():
        if column.ndim == 1:
            flat[name] = column
            continue
        numbers = column.reshape(len(column), -1).T
        flat |= {f"{name} {place}": each for place, each in enumerate(numbers)}
    return flat


def check_suffix(path: Path) -> Callable[[Iterable[Columns], Any], int]:
    """Return the writer for a file name; raise `ConfigError` if there is none."""
    if path.suffix not in WRITERS:
        what = f"cannot write predictions to {path}"
        raise ConfigError(what, f"give a file name with {' or '.join(WRITERS)}")
    if path.suffix == ".parquet":
        try:
            check_installed()
        except DataError as fault:
            raise ConfigError(fault.what, fault.hint) from fault
    return WRITERS[path.suffix]


@contextmanager
def _opened(temporary: Path, path: Path) -> Iterator[IO[Any]]:
    binary = path.suffix in (".npz", ".parquet")
    with temporary.open(
        "wb" if binary else "w",
        encoding=None if binary else "utf-8",
        newline=None if binary else "",
    ) as file:
        yield file


def _csv(chunks: Iterable[Columns], file: IO[str]) -> int:
    writer, count = csv.writer(file, lineterminator="\n"), 0
    all_quoted = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for columns in map(flattened, chunks):
        if not count:
            writer.writerow(map(_harmless, columns))
        texts = [[_text(value) for value in column] for column in columns.values()]
        if any("\r" in text for column in texts for text in column):
            writer = all_quoted  # the other one leaves it bare
        writer.writerows(zip(*texts, strict=True))
        count += len(texts[0])
    return count


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return _harmless(value)
    if isinstance(value, np.datetime64):
        value = value.item()
    if isinstance(value, datetime):
        return date_text(value)
    return f"{value:.9g}" if isinstance(value, np.floating) else str(value)


def _harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula; numbers stay."""
    if not text.startswith(FORMULA):
        return text
    try:
        float(text.replace(",", "."))
    except ValueError:
        return f"'{text}"
    return text


def _json_lines(chunks: Iterable[Columns], file: IO[str]) -> int:
    count = 0
    for columns in chunks:
        rows = zip(*(column.tolist() for column in columns.values()), strict=True)
        for row in rows:
            values = dict(zip(columns, row, strict=True))
            line = json.dumps(
                values, ensure_ascii=False, allow_nan=False, default=date_text
            )
            file.write(f"{line}\n")
            count += 1
    return count


def _npz(chunks: Iterable[Columns], file: IO[bytes]) -> int:
    whole = _whole(chunks)
    for name, column in whole.items():
        if column.dtype == object:  # which would be pickled
            whole[name] = _unpickled(column)
    with zipfile.ZipFile(file, "w") as archive:
        for name, column in whole.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, column, allow_pickle=False)
    return len(next(iter(whole.values())))


def _unpickled(column: np.ndarray) -> np.ndarray:
    """Return objects as numbers with NaN for None, or as texts."""
    present = [value for value in column if value is not None]
    if present and all(isinstance(value, int | float) for value in present):
        return column.astype("float64")
    texts = [date_text(v) if isinstance(v, datetime) else v for v in column]
    return np.array(["" if text is None else text for text in texts], str)


def _parquet(chunks: Iterable[Columns], file: IO[bytes]) -> int:
    import pyarrow as pa
    from pyarrow import parquet

    whole = _whole(chunks)
    table = pa.table({name: column.tolist() for name, column in whole.items()})
    parquet.write_table(table, file)
    return len(table)


def _whole(chunks: Iterable[Columns]) -> Columns:
    parts = [*chunks]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


WRITERS: dict[str, Callable[[Iterable[Columns], Any], int]] = {
    ".csv": _csv,
    ".jsonl": _json_lines,
    ".npz": _npz,
    ".parquet": _parquet,
}
