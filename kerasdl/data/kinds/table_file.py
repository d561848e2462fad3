"""Base class of kinds that may be read from a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from kerasdl.data.kinds.kind import Kind
from kerasdl.data.table import files
from kerasdl.data.table.reading_faults import reading_faults
from kerasdl.data.table.spelling import Spelling
from kerasdl.data.table.table import Table
from kerasdl.errors import ConfigError


@dataclass(frozen=True)
class TableFileKind(Kind):
    """A kind that may be read from a CSV, TSV or Parquet file, or from a data frame."""

    missing: tuple[str, ...] = ("auto",)
    """Spellings of a missing value, besides an empty one; `auto` among them stands for
    the usual ones, such as `NA`."""
    decimal: Literal["auto", ".", ","] = "auto"
    """Decimal separator; `auto` recognises it for each column."""
    date_format: str = "auto"
    """Format of dates besides `2026-11-26`, such as `%d/%m/%Y`; `auto` recognises it for
    each column."""
    delimiter: str = "auto"
    """Character between two values of a CSV or TSV file; `auto` recognises it."""
    encoding: str = "auto"
    """Encoding of a CSV or TSV file, such as `latin-1`; `auto` recognises it."""

    READING: ClassVar = ("missing", "decimal", "date_format", "delimiter", "encoding")
    """Keys that say how a table is read."""

    @property
    def is_table(self) -> bool:
        """Whether the data stand in a table; a data frame has no name."""
        return not self.name or self.name.lower().endswith(files.SUFFIXES)

    @property
    def spelling(self) -> Spelling:
        """How values are spelled."""
        return Spelling(self.missing, self.decimal, self.date_format)

    def read_table(self, only: Sequence[str] = ()) -> Table:
        """Return the table, or some of its columns.

        Raises:
            DataError: If it cannot be read, or has no such column.
        """
        return files.read_file(Path(self.name), self.delimiter, self.encoding, only)

    def faults(self) -> list[ConfigError]:
        """Return errors, also of keys by which no table is read."""
        own = self.own_files
        is_parquet = bool(own) and all(map(files.is_parquet, own))
        reading = self.delimiter, self.encoding, self.spelling, is_parquet
        return [*super().faults(), *reading_faults(*reading)]
