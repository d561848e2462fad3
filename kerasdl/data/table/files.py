"""Files of tables."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from kerasdl.data.table.delimited import read_delimited
from kerasdl.data.table.parquet import check_installed, read_parquet
from kerasdl.data.table.table import Table
from kerasdl.errors import ConfigError

PARQUET = ".parquet"
SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", PARQUET)


def is_parquet(path: Path) -> bool:
    """Return whether a file is Parquet by its name."""
    return path.suffix.lower() == PARQUET


def check_reader(path: Path) -> None:
    """Raise `DataError` unless what reads a file is installed."""
    if is_parquet(path):
        check_installed()


def read_file(
    path: Path, delimiter: str, encoding: str, only: str | None = None
) -> Table:
    """Return the table in a file; see `read_delimited` and `read_parquet`."""
    if is_parquet(path):
        return read_parquet(path, only)
    return read_delimited(path, delimiter, encoding, only)


def faults(
    paths: Sequence[Path], delimiter: str, encoding: str
) -> Iterator[ConfigError]:
    """Yield the errors of the keys that say how text files are read.

    Args:
        paths: The files of the config.
        delimiter: Value of `data.delimiter`.
        encoding: Value of `data.encoding`.
    """
    if delimiter != "auto" and (len(delimiter) != 1 or delimiter in '"\r\n '):
        what = f"data.delimiter (={delimiter!r}) is not allowed"
        yield ConfigError(what, "it must be 'auto' or one character")
    if paths and all(map(is_parquet, paths)):
        for key, value in (("delimiter", delimiter), ("encoding", encoding)):
            if value != "auto":
                what = f"data.{key} has no meaning for Parquet"
                yield ConfigError(what, "leave it out")
    try:
        "".encode(encoding if encoding != "auto" else "utf-8")
    except (LookupError, ValueError) as fault:
        what = f"data.encoding (={encoding!r}) is not allowed: {fault}"
        yield ConfigError(what, "use a text encoding of Python, such as 'latin-1'")
