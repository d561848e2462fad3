"""Tables: CSV and TSV files, also compressed with gzip."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np

from kerasdl import registry
from kerasdl.data.kinds.kind import Kind, Part, Parts, check_file_exists
from kerasdl.data.split import hold_out
from kerasdl.data.table import preprocessing
from kerasdl.data.table.columns import TYPES
from kerasdl.data.table.delimited import read_delimited
from kerasdl.data.table.infer import ColumnType, Inferred, infer
from kerasdl.data.table.preprocessing import TablePreprocessing
from kerasdl.data.table.table import Table
from kerasdl.data.table.values import Spelling, numbers, text_values
from kerasdl.errors import ConfigError, DataError

TASKS = ("classification", "regression", "reconstruction")


@dataclass(frozen=True)
class RawTable:
    """A table and the column to predict.

    Args:
        table: The table.
        target: Name of the column to predict; empty if there is none.
        y: Raw targets of shape `(rows,)`; None if there are none.
        test: A table of test rows, if there is one.
    """

    table: Table
    target: str = ""
    y: np.ndarray | None = None
    test: "RawTable | None" = None

    @property
    def source(self) -> str:
        """Path of the file."""
        return self.table.source

    @property
    def targets(self) -> np.ndarray | None:
        """Raw targets."""
        return self.y

    def sha256(self) -> str:
        """Return a digest that identifies the data."""
        own = self.table.sha256()
        return own if self.test is None else f"{own}+{self.test.table.sha256()}"


@dataclass(frozen=True)
class TableKind(Kind):
    """A table from a CSV or TSV file; its first line names the columns."""

    kind: Literal["table"] = "table"
    """Kind of the examples; inferred from `name` by default."""
    target: str = ""
    """Column to predict."""
    test_name: str = ""
    """Path of a table with the test rows; empty holds out `test_fraction`."""
    numbers: tuple[str, ...] = ()
    """Columns that are numbers, whatever they look like."""
    categories: tuple[str, ...] = ()
    """Columns that are categories, even if they look like numbers."""
    dates: tuple[str, ...] = ()
    """Columns that are dates."""
    ignore: tuple[str, ...] = ()
    """Columns that are left out."""
    missing: Literal["auto"] | tuple[str, ...] = "auto"
    """Spellings of a missing value, besides an empty one."""
    decimal: Literal["auto", ".", ","] = "auto"
    """Decimal separator; `auto` recognises it for each column."""
    date_format: str = ""
    """Format of dates, such as `%d/%m/%Y`; empty recognises it for each column."""
    delimiter: str = "auto"
    """Character between two values; `auto` recognises it."""
    encoding: str = "auto"
    """Encoding of the file, such as `latin-1`; `auto` recognises it."""

    SUFFIXES: ClassVar = dict.fromkeys((".csv", ".tsv", ".csv.gz", ".tsv.gz"), TASKS)
    ORIGINS: ClassVar = ("given", "inputs")
    PRESET: ClassVar = "mlp-tabular"
    MOST_CLASSES: ClassVar[int] = 20
    """Whole numbers of more values than this are not classes."""

    @property
    def spelling(self) -> Spelling:
        """How values are spelled."""
        missing = None if self.missing == "auto" else self.missing
        return Spelling(missing, self.decimal, self.date_format)

    def of(self, name: str) -> Self:
        """Return the table for other data; it has no test rows of its own."""
        return replace(self, name=name, test_name="")

    def absolute(self) -> Self:
        """Return the table with absolute paths."""
        test = str(Path(self.test_name).resolve()) if self.test_name else ""
        return replace(super().absolute(), test_name=test)

    def check_source(self) -> None:
        """Check the paths and the target, before loading anything heavy."""
        super().check_source()
        if self.test_name:
            check_file_exists(Path(self.test_name))
        if self.origin == "given" and not self.target:
            what = f"no column of {self.name} is named to predict"
            raise DataError(what, "name it with --target")

    def infer_task(self) -> tuple[str, str] | None:
        """Return the task that the target suggests: few values are classes."""
        if not (self.target and self.file):
            return None
        check_file_exists(self.file)
        table = read_delimited(
            self.file, self.delimiter, self.encoding, only=self.target
        )
        table.column(self.target)
        given = {k: v for k, v in self._given().items() if k == self.target}
        target = infer(table, self.spelling, given)[self.target]
        distinct = f"{target.distinct:,} different"
        if target.type == "ignored" and target.distinct > 1:
            what = f"column {self.target!r} of {self.name} is the target, but"
            what = f"{what} {target.reason}, such as {target.examples[0]!r}"
            hint = "write numbers to predict numbers, or set data.task"
            raise DataError(what, hint)
        if target.type != "number":
            return "classification", f"{self.target!r} holds {distinct} texts"
        values = numbers(table, self.target, self.spelling)
        present = values[~np.isnan(values)]
        whole = (present == np.round(present)).all()
        if whole and target.distinct <= self.MOST_CLASSES:
            return "classification", f"{self.target!r} holds {distinct} whole numbers"
        return "regression", f"{self.target!r} holds {distinct} numbers"

    def read(self) -> RawTable:
        """Return the table, and the test table if there is one."""
        raw = self._read(self.name)
        if not self.test_name:
            return raw
        test = self._read(self.test_name)
        return RawTable(raw.table, raw.target, raw.y, test)

    def _read(self, name: str) -> RawTable:
        table = read_delimited(Path(name), self.delimiter, self.encoding)
        if self.origin != "given" or self.target not in table.columns:
            return RawTable(table)
        return RawTable(table, self.target, self._targets(table))

    def _targets(self, table: Table) -> np.ndarray:
        """Return class names or numbers; raise `DataError` if one is missing."""
        classes = registry.find("tasks", self.task).has_classes
        if classes:
            values = text_values(table.column(self.target), self.spelling)
            missing = np.array([value is None for value in values], bool)
        else:
            values = numbers(table, self.target, self.spelling)
            missing = np.isnan(values)
        if missing.any():
            rows = np.flatnonzero(missing)
            shown = table.places(rows, table.column(self.target)[rows])
            what = (
                f"column {self.target!r} of {table.source} is the target, but {shown}"
            )
            raise DataError(what, "fill those rows in, or remove them")
        return values

    def infer(self, table: Table) -> dict[str, Inferred]:
        """Return the type of every column but the target.

        Raises:
            DataError: If a type cannot be told; names lines.
        """
        inferred = infer(table, self.spelling, self._given())
        return {name: each for name, each in inferred.items() if name != self.target}

    def _given(self) -> dict[str, ColumnType]:
        """Return the type of columns that the user names."""
        lists: list[tuple[ColumnType, tuple[str, ...]]] = [
            ("number", self.numbers),
            ("category", self.categories),
            ("date", self.dates),
            ("ignored", self.ignore),
        ]
        return {name: column_type for column_type, names in lists for name in names}

    def check(self, raw: RawTable) -> None:
        """Raise `DataError` if the target is missing or a type cannot be told."""
        if self.origin == "given":
            raw.table.column(self.target)
        self.infer(raw.table)

    def split(self, raw: RawTable, stratify: bool, seed: int) -> Parts:
        """Hold out rows, stratified by class."""
        labels = raw.y if stratify else None
        rows, test = np.arange(len(raw.table)), raw.test
        if test is None:
            rows, held_out = hold_out(
                rows, labels, self.test_fraction, seed, "test", raw.source
            )
        rows, validation = hold_out(
            rows, labels, self.validation_fraction, seed, "validation", raw.source
        )
        scored = Part(raw, held_out) if test is None else self.new(raw)
        return Parts(Part(raw, rows), Part(raw, validation), scored)

    def fit(self, train: Part) -> TablePreprocessing:
        """Fit the encoding of every column that is not ignored."""
        inferred = self.infer(train.raw.table)
        table = train.raw.table.take(train.rows)
        fitted = tuple(
            TYPES[each.type].fit(table, name, self.spelling)
            for name, each in inferred.items()
            if each.type != "ignored"
        )
        if not fitted:
            what = f"{table.source} has no column to learn from"
            raise DataError(what, "name some in data.numbers or data.categories")
        return TablePreprocessing(fitted, self.spelling)

    def new(self, raw: RawTable) -> Part:
        """Return the test rows, or all rows if there are none."""
        part = raw.test or raw
        return Part(part, np.arange(len(part.table)))

    @classmethod
    def preprocessing_from_json(cls, values: dict[str, Any]) -> TablePreprocessing:
        """Return the preprocessing that `to_json` describes."""
        return preprocessing.from_json(values)

    def faults(self) -> list[ConfigError]:
        """Return errors for columns that have two types."""
        faults = super().faults()
        named = [*self.numbers, *self.categories, *self.dates, *self.ignore]
        if twice := sorted({name for name in named if named.count(name) > 1}):
            what = f"{', '.join(map(repr, twice))} in [data] has two types"
            faults.append(ConfigError(what, "name it once"))
        if self.delimiter != "auto" and len(self.delimiter) != 1:
            what = f"data.delimiter (={self.delimiter!r}) is not allowed"
            faults.append(ConfigError(what, "it must be 'auto' or one character"))
        return faults
