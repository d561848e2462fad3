"""Tables: CSV and TSV files, also compressed with gzip."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np

from kerasdl import registry
from kerasdl.data.kinds.column_split import ColumnSplitKind
from kerasdl.data.kinds.kind import check_file_exists
from kerasdl.data.parts import Parts
from kerasdl.data.preprocessing import Part
from kerasdl.data.table import findings, preprocessing, values
from kerasdl.data.table.columns import TYPES
from kerasdl.data.table.delimited import read_delimited
from kerasdl.data.table.infer import ColumnType, Inferred, infer, infer_column
from kerasdl.data.table.preprocessing import TablePreprocessing
from kerasdl.data.table.summary import summaries
from kerasdl.data.table.table import Table
from kerasdl.data.table.values import Spelling
from kerasdl.errors import ConfigError, DataError
from kerasdl.finding import Finding

TASKS = ("classification", "regression", "reconstruction")
MAX_CLASSES = 20
"""Whole numbers of more values than this are not classes."""


@dataclass(frozen=True)
class RawTable:
    """A table and what to predict.

    Args:
        table: The table.
        target: Name of the column to predict; empty if there is none.
        targets: Raw targets of shape `(rows,)`; None if there are none.
        test: A table of test rows, if there is one.
    """

    table: Table
    target: str = ""
    targets: np.ndarray | None = None
    test: "RawTable | None" = None

    @property
    def source(self) -> str:
        """Path of the file."""
        return self.table.source

    def sha256(self) -> str:
        """Return a digest that identifies the data."""
        own = self.table.sha256()
        return own if self.test is None else f"{own}+{self.test.table.sha256()}"


@dataclass(frozen=True)
class TableKind(ColumnSplitKind):
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
    missing: tuple[str, ...] = ("auto",)
    """Spellings of a missing value, besides an empty one; `auto` among them stands for
    the usual ones, such as `NA`."""
    decimal: Literal["auto", ".", ","] = "auto"
    """Decimal separator; `auto` recognises it for each column."""
    date_format: str = "auto"
    """Format of dates besides `2026-11-26`, such as `%d/%m/%Y`; `auto` recognises it for
    each column."""
    delimiter: str = "auto"
    """Character between two values; `auto` recognises it."""
    encoding: str = "auto"
    """Encoding of the file, such as `latin-1`; `auto` recognises it."""

    SUFFIXES: ClassVar = dict.fromkeys((".csv", ".tsv", ".csv.gz", ".tsv.gz"), TASKS)
    ORIGINS: ClassVar = ("given", "inputs")
    PRESET: ClassVar = "mlp-tabular"
    ROWS: ClassVar = True

    @property
    def spelling(self) -> Spelling:
        """How values are spelled."""
        return Spelling(self.missing, self.decimal, self.date_format)

    @property
    def own_files(self) -> list[Path]:
        """Paths of the table and of the test table."""
        test = [Path(self.test_name)] if self.test_name else []
        return [*super().own_files, *test]

    def with_name(self, name: str) -> Self:
        """Return the config for other data; it has no test rows of its own."""
        return replace(self, name=name, test_name="")

    def moved(self, name: str | None, test_name: str | None) -> Self:
        """Return the config for the same tables at other paths."""
        names = name or self.name, test_name or self.test_name
        return replace(self, name=names[0], test_name=names[1])

    def with_absolute_paths(self) -> Self:
        """Return the config with the absolute paths of both files."""
        test = str(Path(self.test_name).resolve()) if self.test_name else ""
        return replace(super().with_absolute_paths(), test_name=test)

    def check_source(self) -> None:
        """Check the paths and the target, before loading anything heavy."""
        super().check_source()
        if self.test_name:
            check_file_exists(Path(self.test_name))
        if self.origin == "given" and not self.target:
            what = f"no column of {self.name} is named to predict"
            raise DataError(what, "name it with --target")

    def infer_task(self, stated: str | None) -> tuple[str, str] | None:
        """Return the task that the target suggests: few values are classes."""
        if not (self.target and self.file):
            return None
        check_file_exists(self.file)
        table = read_delimited(
            self.file, self.delimiter, self.encoding, only=self.target
        )
        table.column(self.target)
        given = self._given().get(self.target)
        target = infer_column(table, self.target, self.spelling, given)
        shown = f"{self.target!r} holds {target.distinct:,} different"
        refused = {"date": "dates", "ignored": "texts"}.get(target.type)
        if refused and target.distinct > 1:
            what = f"the target {shown} {refused}, such as {target.examples[0]!r}"
            hint = "choose a column of numbers or of few classes, or set data.task"
            raise DataError(f"{what} in {self.name}", hint)
        if target.type != "number":
            return "classification", f"{shown} texts"
        if stated in TASKS:
            return None
        numbers = values.numbers_of(table, self.target, target.spelling)
        present = numbers[~np.isnan(numbers)]
        whole = (present == np.round(present)).all()
        if whole and target.distinct <= MAX_CLASSES:
            return "classification", f"{shown} whole numbers"
        return "regression", f"{shown} numbers"

    def read(self) -> RawTable:
        """Return the table, and the test table if there is one."""
        raw = self._read(self.name)
        return replace(raw, test=self._read(self.test_name)) if self.test_name else raw

    def read_inputs(self) -> RawTable:
        """Return the table; the target may be absent or missing."""
        return RawTable(read_delimited(Path(self.name), self.delimiter, self.encoding))

    def describe(self, part: Part) -> dict[str, np.ndarray]:
        """Return all columns as text."""
        return dict(part.raw.table.take(part.rows).columns)

    def _read(self, name: str) -> RawTable:
        table = read_delimited(Path(name), self.delimiter, self.encoding)
        if self.origin != "given":
            return RawTable(table)
        return RawTable(table, self.target, self._targets(table))

    def _targets(self, table: Table) -> np.ndarray:
        """Return class names or numbers; raise `DataError` if one is missing."""
        column = table.column(self.target)
        if registry.find("tasks", self.task).has_classes:
            targets = values.classes_of(table, self.target, self.spelling)
            missing = np.array([value is None for value in targets], bool)
        else:
            spelling = infer_column(
                table, self.target, self.spelling, "number"
            ).spelling
            targets = values.numbers_of(table, self.target, spelling)
            missing = np.isnan(targets)
        if missing.any():
            rows = np.flatnonzero(missing)
            shown = table.places(rows, column[rows])
            what = f"the target {self.target!r} of {table.source} is missing: {shown}"
            raise DataError(what, "fill those rows in, or remove them")
        return targets

    def infer(self, table: Table) -> dict[str, Inferred]:
        """Return the type of every column but the target.

        Raises:
            DataError: If a type cannot be told; names lines.
        """
        inferred = self._infer_all(table)
        return {name: each for name, each in inferred.items() if name != self.target}

    def _infer_all(self, table: Table) -> dict[str, Inferred]:
        left_out: dict[str, ColumnType] = dict.fromkeys(self.no_features, "ignored")
        inferred = infer(table, self.spelling, left_out | self._given())
        for name in left_out.keys() - self._given().keys():
            inferred[name] = replace(inferred[name], reason="it decides the split")
        return inferred

    def columns(self, raw: RawTable) -> list[dict[str, Any]]:
        """Return the type, the role and examples of each column; see `summaries`."""
        roles = {getattr(self, role): role for role in ("group", "time", "split")}
        roles |= {self.target: "target"}
        return summaries(self._infer_all(raw.table), roles)

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
        """Do nothing: reading and encoding check every value that is used."""

    def findings(self, raw: RawTable, parts: Parts) -> list[Finding]:
        """Return what was recognised, the split, ignored columns, and what may leak."""
        notes = [*raw.table.notes, *(raw.test.table.notes if raw.test else ())]
        found = [Finding("table", note, severity="info") for note in notes]
        if self.group or self.time or self.split:
            found.append(Finding("split", f"split {parts.how}", severity="info"))
        inferred = self.infer(raw.table)
        found += findings.ignored_columns(inferred, (*self.ignore, *self.no_features))
        groups = self.groups(raw.table, self.spelling)
        classes = registry.find("tasks", self.task).has_classes
        given = inferred, self.time, self.split, classes, groups
        return [*found, *findings.leaks(parts, *given)]

    def parts(self, raw: RawTable, stratify: bool, seed: int) -> Parts:
        """Hold out rows, stratified by class, or as a column decides."""
        labels = raw.targets if stratify else None
        test = self.new(raw) if raw.test else None
        return self.split_table(raw, labels, test, self.spelling, self._given(), seed)

    def fit(self, train: Part) -> TablePreprocessing:
        """Fit the encoding of every column that is not ignored."""
        inferred = self.infer(train.raw.table)
        table = train.raw.table.take(train.rows)
        fitted = tuple(
            TYPES[each.type].fit(table, name, each.spelling)
            for name, each in inferred.items()
            if each.type != "ignored"
        )
        if not fitted:
            what = f"{table.source} has no column to learn from"
            raise DataError(what, "name some in data.numbers or data.categories")
        return TablePreprocessing(fitted)

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
        others = {"dates": self.dates, "ignore": self.ignore}
        others |= {key: (getattr(self, key),) for key in ("group", "time", "split")}
        keys = [f"data.{key}" for key, names in others.items() if self.target in names]
        if self.target and keys:
            what = f"data.target (={self.target!r}) is in {' and '.join(keys)}"
            faults.append(ConfigError(what, "remove it there"))
        if self.delimiter != "auto" and (
            len(self.delimiter) != 1 or self.delimiter in '"\r\n '
        ):
            what = f"data.delimiter (={self.delimiter!r}) is not allowed"
            faults.append(ConfigError(what, "it must be 'auto' or one character"))
        try:
            "".encode(self.encoding if self.encoding != "auto" else "utf-8")
        except (LookupError, ValueError) as fault:
            what = f"data.encoding (={self.encoding!r}) is not allowed: {fault}"
            hint = "use a text encoding of Python, such as 'latin-1'"
            faults.append(ConfigError(what, hint))
        try:
            self.spelling.check()
        except ValueError as fault:
            hint = "use directives of strptime, such as '%d/%m/%Y'"
            faults.append(ConfigError(f"data.{fault}", hint))
        return faults
