"""Files of tables."""

from collections.abc import Collection
from pathlib import Path

from kerasdl.data.table.delimited import read_delimited
from kerasdl.data.table.parquet import check_installed, read_parquet
from kerasdl.data.table.table import Table

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
    path: Path, delimiter: str, encoding: str, only: Collection[str] = ()
) -> Table:
    """Return the table in a file; see `read_delimited` and `read_parquet`."""
    if is_parquet(path):
        return read_parquet(path, only)
    return read_delimited(path, delimiter, encoding, only)
