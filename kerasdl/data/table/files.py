"""Files of tables."""

from collections.abc import Collection, Sequence
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
    path: Path, delimiter: str, encoding: str, only: Collection[str] = ()
) -> Table:
    """Return the table in a file; see `read_delimited` and `read_parquet`."""
    if is_parquet(path):
        return read_parquet(path, only)
    return read_delimited(path, delimiter, encoding, only)


def faults(delimiter: str, encoding: str, paths: Sequence[Path]) -> list[ConfigError]:
    """Return the errors of `data.delimiter` and `data.encoding` for some files."""
    found = []
    if delimiter != "auto" and (len(delimiter) != 1 or delimiter in '"\r\n '):
        what = f"data.delimiter (={delimiter!r}) is not allowed"
        found.append(ConfigError(what, "it must be 'auto' or one character"))
    if paths and all(map(is_parquet, paths)):
        keys = {"delimiter": delimiter, "encoding": encoding}
        found += [
            ConfigError(f"data.{key} has no meaning for Parquet", "leave it out")
            for key, value in keys.items()
            if value != "auto"
        ]
    try:
        "".encode(encoding if encoding != "auto" else "utf-8")
    except (LookupError, ValueError) as fault:
        what = f"data.encoding (={encoding!r}) is not allowed: {fault}"
        hint = "use a text encoding of Python, such as 'latin-1'"
        found.append(ConfigError(what, hint))
    return found
