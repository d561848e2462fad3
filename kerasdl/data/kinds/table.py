"""Tables: CSV, TSV and Parquet files, and data frames."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np

from kerasdl import registry
from kerasdl.config.rules import Range
from kerasdl.data.kinds.column_split import ColumnSplitKind
from kerasdl.data.parts import Parts
from kerasdl.data.preprocessing import Part
from kerasdl.data.source import check_file_exists
from kerasdl.data.table import files, findings, preprocessing
from kerasdl.data.table.encodings import Scaling
from kerasdl.data.table.infer import ColumnType, Inferred, infer
from kerasdl.data.table.preprocessing import TablePreprocessing
from kerasdl.data.table.raw_table import RawTable
from kerasdl.data.table.reading_faults import reading_faults
from kerasdl.data.table.recognised import recognised
from kerasdl.data.table.small import DESCRIPTION, is_small, may_be_small
from kerasdl.data.table.spelling import Spelling
from kerasdl.data.table.suggested_task import suggested_task
from kerasdl.data.table.summary import summaries
from kerasdl.data.table.table import Table
from kerasdl.data.table.target_faults import target_faults
from kerasdl.data.table.targets import read_targets
from kerasdl.data.table.tsv import write_tsv
from kerasdl.data.table.typed_columns import python_values
from kerasdl.data.target_error import TargetError
from kerasdl.errors import ConfigError, DataError
from kerasdl.finding import Finding

TASKS = ("classification", "regression", "reconstruction", "multi-label")


@dataclass(frozen=True)
class TableKind(ColumnSplitKind):
    """A table from a CSV, TSV or Parquet file, or a data frame."""

    kind: Literal["table"] = "table"
    """Kind of the examples; inferred from `name` by default."""
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
    """Character between two values of a CSV or TSV file; `auto` recognises it."""
    encoding: str = "auto"
    """Encoding of a CSV or TSV file, such as `latin-1`; `auto` recognises it."""
    scaling: Scaling = "standard"
    """Scale numbers by mean and standard deviation, or by median and quartiles with
    smooth clipping at ±3 (`robust`), as RealMLP does. `robust` scales one-hot categories
    as well; two share a feature, and all are 0 where the category is missing or rare.
    `quantile` makes numbers normal by their rank, as TabM's recipe does, and leaves out
    those that are constant in training."""
    max_one_hot: Literal["all"] | Annotated[int, Range(0, 64)] = "all"
    """Most categories of a column that get a feature each. A column with more becomes
    one whole number, which only some models read, such as `realmlp`."""

    SUFFIXES: ClassVar = dict.fromkeys(files.SUFFIXES, TASKS)
    ORIGINS: ClassVar = ("given", "inputs")
    PRESETS: ClassVar = ("tabm", "realmlp")
    ROWS: ClassVar = True

    @property
    def spelling(self) -> Spelling:
        """How values are spelled."""
        return Spelling(self.missing, self.decimal, self.date_format)

    @property
    def given_types(self) -> dict[str, ColumnType]:
        """The type of columns that the user names."""
        lists: list[tuple[ColumnType, tuple[str, ...]]] = [
            ("number", self.numbers),
            ("category", self.categories),
            ("date", self.dates),
            ("ignored", self.ignore),
        ]
        return {name: column_type for column_type, names in lists for name in names}

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
        for file in self.own_files:
            files.check_reader(file)
        self.check_target(self.name)

    def preview(self) -> Table | None:
        """Return the columns to predict, and the others of a small file.

        Raises:
            DataError: If the file cannot be read, or has no such column.
        """
        if not self.target_names or self.origin == "inputs" or self.file is None:
            return None
        check_file_exists(self.file)
        return self._file(
            self.name, () if may_be_small(self.file) else self.target_names
        )

    def default_presets(self, preview: Table | None) -> list[tuple[str, str]]:
        """Return TabM for a small table, and RealMLP, which is quicker, for others."""
        if preview is None or not is_small(preview, self.file):
            return [("realmlp", "the default for a table")]
        why = f"the default for {DESCRIPTION}"
        tabm = [("tabm", why)] if self.max_one_hot == "all" else []  # it reads no codes
        return [*tabm, ("realmlp", f"{why} where tabm does not fit")]

    def infer_task(
        self, stated: str | None, preview: Table | None
    ) -> tuple[str, str] | None:
        """Return the task that the targets suggest: few values are classes.

        Raises:
            DataError: If they hold dates or free text, or do not go together.
        """
        names = self.target_names
        if not names or self.origin == "inputs" or preview is None:
            return None
        stated = stated if stated in TASKS else None
        return suggested_task(preview, names, self.spelling, self.given_types, stated)

    def read(self) -> RawTable:
        """Return the table, and the test table if there is one."""
        raw = self.from_table(self._file(self.name))
        test = self.from_table(self._file(self.test_name)) if self.test_name else None
        return replace(raw, test=test)

    def read_inputs(self) -> RawTable:
        """Return the table; the target may be absent or missing."""
        return RawTable(self._file(self.name))

    def from_table(self, table: Table, inputs_only: bool = False) -> RawTable:
        """Return the rows of a table; the target may be absent from inputs alone."""
        if inputs_only or self.origin != "given":
            return RawTable(table)
        self.check_target(table.source)
        has_classes = registry.find("tasks", self.task).has_classes
        targets = read_targets(table, self.target_names, self.spelling, has_classes)
        return RawTable(table, self.target_names, targets)

    def with_types_of(self, table: Table) -> Self:
        """Return the config with the categories that the table declares."""
        inferred = self.infer(table)
        named = [name for name in inferred if name in table.categories]
        declared = [name for name in named if inferred[name].type == "category"]
        categories = dict.fromkeys((*self.categories, *declared))
        return replace(self, categories=tuple(categories))

    def write(self, raw: RawTable, folder: Path) -> Self:
        """Write tables of texts, and return the config that reads them."""
        write_tsv(raw.table, path := folder / "data.tsv")
        if raw.test is None:
            return replace(self, name=str(path))
        write_tsv(raw.test.table, test := folder / "test.tsv")
        return replace(self, name=str(path), test_name=str(test))

    def describe(self, part: Part) -> dict[str, np.ndarray]:
        """Return all columns: texts, numbers and dates."""
        columns = part.raw.table.take(part.rows).columns
        return {name: python_values(column) for name, column in columns.items()}

    def _file(self, name: str, only: Sequence[str] = ()) -> Table:
        return files.read_file(Path(name), self.delimiter, self.encoding, only)

    def infer(self, table: Table) -> dict[str, Inferred]:
        """Return the type of every column but the targets.

        Raises:
            DataError: If a type cannot be told; names lines.
        """
        inferred, targets = self._infer_all(table), self.target_names
        return {name: each for name, each in inferred.items() if name not in targets}

    def _infer_all(self, table: Table) -> dict[str, Inferred]:
        left_out: dict[str, ColumnType] = dict.fromkeys(self.no_features, "ignored")
        for name in left_out:
            table.column(name)  # or an error
        inferred = infer(table, self.spelling, left_out | self.given_types)
        for name in left_out.keys() - self.given_types.keys():
            inferred[name] = replace(inferred[name], reason=self.no_features[name])
        return inferred

    def _types(self, raw: RawTable) -> dict[str, Inferred]:
        """Return `infer` of a table, inferred once."""
        if self not in raw.known:
            raw.known[self] = self.infer(raw.table)
        return raw.known[self]

    def columns(self, raw: RawTable) -> list[dict[str, Any]]:
        """Return the type, the role and examples of each column; see `summaries`."""
        roles = {getattr(self, role): role for role in self.ROLES}
        roles |= dict.fromkeys(self.target_names, "target")
        return summaries(self._infer_all(raw.table), roles)

    def locate(self, raw: RawTable, fault: TargetError) -> DataError:
        """Return an error with the name of the target, and with lines."""
        part = raw.test if raw.test and raw.test.source == fault.source else raw
        name = self.target_names[fault.column or 0]
        return fault.at(f"the target {name!r}", part.table.place)

    def check(self, raw: RawTable) -> None:
        """Do nothing: reading and encoding check every value that is used."""

    def findings(self, raw: RawTable, parts: Parts) -> list[Finding]:
        """Return what was recognised, the split, ignored columns, and what may leak."""
        notes = [*raw.table.notes, *(raw.test.table.notes if raw.test else ())]
        found = [Finding("table", note, severity="info") for note in notes]
        found += self.split_findings(parts)
        inferred = self._types(raw)
        found += recognised(raw.table, inferred, self.ignore)
        found += findings.constant_columns(parts.train, inferred)
        found += findings.ignored_columns(inferred, (*self.ignore, *self.no_features))
        groups = self.groups(raw.table) if self.group else None
        classes = registry.find("tasks", self.task).has_classes
        given = self.time, (self.split, self.weight), classes, groups
        return [*found, *findings.leaks(parts, inferred, *given)]

    def parts(self, raw: RawTable, stratify: bool, seed: int) -> Parts:
        """Hold out rows, stratified by class, or as a column decides."""
        labels = raw.targets if stratify else None
        test = self.new(raw) if raw.test else None
        return self.split_table(raw, labels, test, seed)

    def fit(self, train: Part) -> TablePreprocessing:
        """Fit the encoding of every column that is not ignored.

        Raises:
            DataError: If a target is missing, or no column is left.
        """
        for name in self.target_names:
            train.raw.table.column(name)  # or an error, where no target is read
        inferred, table = self._types(train.raw), train.raw.table.take(train.rows)
        return preprocessing.fit(table, inferred, self.scaling, self.max_one_hot)

    def new(self, raw: RawTable) -> Part:
        """Return the test rows, or all rows if there are none."""
        part = raw.test or raw
        return Part(part, np.arange(len(part.table)))

    @classmethod
    def preprocessing_from_json(cls, values: dict[str, Any]) -> TablePreprocessing:
        """Return the preprocessing that `to_json` describes."""
        return preprocessing.from_json(values)

    def faults(self) -> list[ConfigError]:
        """Return errors for columns of two types, and keys by which none is read."""
        faults = super().faults()
        named = [*self.numbers, *self.categories, *self.dates, *self.ignore]
        if twice := sorted({name for name in named if named.count(name) > 1}):
            what = f"{', '.join(map(repr, twice))} in [data] has two types"
            faults.append(ConfigError(what, "name it once"))
        others = {"dates": self.dates, "ignore": self.ignore}
        others |= {key: (getattr(self, key),) for key in self.ROLES}
        faults += target_faults(self.target_names, others, self.task)
        own = self.own_files
        is_parquet = bool(own) and all(map(files.is_parquet, own))
        reading = self.delimiter, self.encoding, self.spelling, is_parquet
        return [*faults, *reading_faults(*reading)]
