"""Tables: CSV, TSV and Parquet files, and data frames."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np

from kerasdl import registry
from kerasdl.config.rules import Range
from kerasdl.data.corrupted import Corrupted
from kerasdl.data.kinds.column_split import ColumnSplitKind
from kerasdl.data.parts import Parts
from kerasdl.data.preprocessing import Part
from kerasdl.data.table import files, findings, preprocessing
from kerasdl.data.table.corrupted_table import corrupted_columns
from kerasdl.data.table.encodings import Scaling
from kerasdl.data.table.infer import ColumnType, Inferred, infer
from kerasdl.data.table.preprocessing import TablePreprocessing
from kerasdl.data.table.raw_table import RawTable
from kerasdl.data.table.recognised import recognised
from kerasdl.data.table.small import DESCRIPTION, is_small, may_be_small
from kerasdl.data.table.summary import summaries
from kerasdl.data.table.table import Table
from kerasdl.data.table.target_faults import target_faults
from kerasdl.errors import ConfigError
from kerasdl.finding import Finding


@dataclass(frozen=True)
class TableKind(ColumnSplitKind):
    """A table from a CSV, TSV or Parquet file, or a data frame."""

    kind: Literal["table"] = "table"
    """Kind of the examples; inferred from `name` by default."""
    numbers: tuple[str, ...] = ()
    """Columns that are numbers, whatever they look like."""
    categories: tuple[str, ...] = ()
    """Columns that are categories, even if they look like numbers."""
    dates: tuple[str, ...] = ()
    """Columns that are dates."""
    ignore: tuple[str, ...] = ()
    """Columns that are left out."""
    scaling: Scaling = "standard"
    """Scale numbers by mean and standard deviation, or by median and quartiles with
    smooth clipping at ±3 (`robust`), as RealMLP does. `robust` scales one-hot categories
    as well; two share a feature, and all are 0 where the category is missing or rare.
    `quantile` makes numbers normal by their rank, as TabM's recipe does, and leaves out
    those that are constant in training."""
    max_one_hot: Literal["all"] | Annotated[int, Range(0, 64)] = "all"
    """Most categories of a column that get a feature each. A column with more becomes
    one whole number, which only some models read, such as `realmlp`."""

    ORIGINS: ClassVar = ("given", "inputs")
    PRESETS: ClassVar = ("tabm", "realmlp")
    ROWS: ClassVar = True

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

    def check_source(self) -> None:
        """Check the paths and the target, before loading anything heavy."""
        super().check_source()
        for file in self.own_files:
            files.check_reader(file)
        self.check_target(self.name)

    @property
    def previewed(self) -> tuple[str, ...]:
        """The targets, and all other columns of a small file."""
        return () if may_be_small(self.file) else self.target_names

    def default_presets(self, preview: Table | None) -> list[tuple[str, str]]:
        """Return TabM for a small table, and RealMLP, which is quicker, for others."""
        if preview is None or not is_small(preview, self.file):
            return [("realmlp", "the default for a table")]
        why = f"the default for {DESCRIPTION}"
        tabm = [("tabm", why)] if self.max_one_hot == "all" else []  # it reads no codes
        return [*tabm, ("realmlp", f"{why} where tabm does not fit")]

    def read(self) -> RawTable:
        """Return the table, and the test table if there is one."""
        return self.with_test(self.from_table(self.read_table()))

    def read_inputs(self) -> RawTable:
        """Return the table; the target may be absent or missing."""
        return RawTable(self.read_table())

    def from_table(self, table: Table, inputs_only: bool = False) -> RawTable:
        """Return the rows of a table; the target may be absent from inputs alone."""
        targets = None if inputs_only else self.targets_of(table)
        return RawTable(table, () if targets is None else self.target_names, targets)

    def with_types_of(self, table: Table) -> Self:
        """Return the config with the categories that the table declares."""
        inferred = self.infer(table)
        named = [name for name in inferred if name in table.categories]
        declared = [name for name in named if inferred[name].type == "category"]
        categories = dict.fromkeys((*self.categories, *declared))
        return replace(self, categories=tuple(categories))

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

    def check(self, raw: RawTable) -> None:
        """Do nothing: reading and encoding check every value that is used."""

    def findings(self, raw: RawTable, parts: Parts) -> list[Finding]:
        """Return what was recognised, the split, ignored columns, and what may leak."""
        found = self.table_findings(raw, parts)
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
        test = None if raw.test is None else self.new(raw)
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

    def corrupted(
        self, part: Part, preprocessing: TablePreprocessing, seed: int
    ) -> Iterator[Corrupted]:
        """Yield columns that are missing, permuted or noisy, one at a time."""
        table, rows = part.raw.table.take(part.rows), np.arange(len(part.rows))
        given = table, preprocessing.columns, part.rows, seed
        for name, severity, changed in corrupted_columns(*given):
            yield Corrupted(name, severity, Part(RawTable(changed), rows))

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
        return [*faults, *target_faults(self.target_names, others, self.task)]
