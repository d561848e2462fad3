"""Base class of kinds with named columns, some of which may have a role."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

import numpy as np

from kerasdl import registry
from kerasdl.config.rules import InsteadOf
from kerasdl.data.kinds.own_test import OwnTestKind, sources
from kerasdl.data.kinds.split_rows import split_rows
from kerasdl.data.kinds.table_file import TableFileKind
from kerasdl.data.parts import Parts
from kerasdl.data.preprocessing import Part
from kerasdl.data.source import check_file_exists
from kerasdl.data.split import at_random
from kerasdl.data.table import files
from kerasdl.data.table.infer import ColumnType
from kerasdl.data.table.split_by_column import as_marked, by_group, by_time
from kerasdl.data.table.suggested_task import MAX_CLASSES, suggested_task
from kerasdl.data.table.table import MOST_PLACES, Table, listing
from kerasdl.data.table.targets import read_targets
from kerasdl.data.table.tsv import write_tsv
from kerasdl.data.table.typed_columns import python_values
from kerasdl.data.table.values import classes_of
from kerasdl.data.table.weights import read_weights
from kerasdl.data.target_error import TargetError
from kerasdl.errors import DataError
from kerasdl.finding import Finding


@dataclass(frozen=True)
class ColumnSplitKind(OwnTestKind, TableFileKind):
    """A kind with named columns: targets, and what decides the split or weighs rows."""

    target: str | tuple[str, ...] = ""
    """Column to predict, or a list of several."""
    group: str = ""
    """Column that names groups, such as patients: no group is in two splits. It is not a
    feature, unless its type is given."""
    time: Annotated[str, InsteadOf("group")] = ""
    """Column of dates or numbers: the newest rows are the test split, and the newest of
    the others the validation split."""
    split: Annotated[str, InsteadOf("group")] = ""
    """Column that holds `train`, `validation` or `test` for each row. It is not a
    feature, unless its type is given."""
    weight: str = ""
    """Column of the weight of each row in the training loss, 0 or more; only the ratios
    matter. It is not a feature, unless its type is given."""

    ROLES: ClassVar = ("group", "time", "split", "weight")
    """Keys that name a column."""
    TASKS: ClassVar = ("classification", "regression", "reconstruction", "multi-label")
    """Tasks that a table supports."""
    SUFFIXES: ClassVar = dict.fromkeys(files.SUFFIXES, TASKS)
    MAX_CLASSES: ClassVar = MAX_CLASSES
    """Whole numbers of more values than this are not classes."""

    @property
    def target_names(self) -> tuple[str, ...]:
        """Names of the columns to predict."""
        if isinstance(self.target, str):
            return (self.target,) if self.target else ()
        return self.target

    def check_target(self, source: str) -> None:
        """Raise `DataError` if no target is named and the task needs one."""
        if self.needs_targets and not self.target_names:
            what = f"no column of {source} is named to predict"
            raise DataError(what, "name it with --target, or set data.target")

    @property
    def weighs_rows(self) -> bool:
        """Whether a column weighs the rows."""
        return bool(self.weight)

    @property
    def no_features(self) -> dict[str, str]:
        """Columns that say nothing about the target, each with the reason."""
        reasons = dict.fromkeys((self.group, self.split), "it decides the split")
        reasons |= {self.weight: "it weighs the rows"}
        return {name: reason for name, reason in reasons.items() if name}

    @property
    def given_types(self) -> dict[str, ColumnType]:
        """The type of columns that need not be inferred."""
        return {}

    def preview(self) -> Any:
        """Return the columns to predict, if the data stand in a table.

        Raises:
            DataError: If the file cannot be read, or has no such column.
        """
        has_targets = self.target_names and self.origin == "given"
        if not (self.is_table and self.file and has_targets):
            return None
        check_file_exists(self.file)
        return self.read_table(self.previewed)

    @property
    def previewed(self) -> tuple[str, ...]:
        """The columns that `preview` reads; empty for all."""
        return self.target_names

    def infer_task(self, stated: str | None, preview: Any) -> tuple[str, str] | None:
        """Return the task that the targets suggest: few values are classes.

        Raises:
            DataError: If they hold dates or free text, or do not go together.
        """
        names = self.target_names
        if not names or self.origin != "given" or preview is None:
            return None
        stated = stated if stated in self.TASKS else None
        types = self.spelling, self.given_types
        return suggested_task(preview, names, *types, stated, self.MAX_CLASSES)

    def targets_of(self, table: Table) -> np.ndarray | None:
        """Return the raw targets in a table; None if the task needs none.

        Raises:
            DataError: If there is no such column, or if a target is missing; names lines.
        """
        if self.origin != "given":
            return None
        self.check_target(table.source)
        has_classes = registry.find("tasks", self.task).has_classes
        return read_targets(table, self.target_names, self.spelling, has_classes)

    def write(self, raw: Any, folder: Path) -> Self:
        """Write tables of texts, and return the config that reads them."""
        write_tsv(raw.table, path := folder / "data.tsv")
        if raw.test is None:
            return replace(self, name=str(path))
        write_tsv(raw.test.table, test := folder / "test.tsv")
        return replace(self, name=str(path), test_name=str(test))

    def describe(self, part: Part) -> dict[str, np.ndarray]:
        """Return all columns of a table: texts, numbers and dates."""
        if part.raw.table is None:
            return super().describe(part)
        columns = part.raw.table.take(part.rows).columns
        return {name: python_values(column) for name, column in columns.items()}

    def locate(self, raw: Any, fault: TargetError) -> DataError:
        """Return an error with the name of the target, and with lines."""
        test = raw.test
        part = raw if test is None or test.source != fault.source else test
        if part.table is None:
            return fault
        name = self.target_names[fault.column or 0]
        return fault.at(f"the target {name!r}", part.table.place)

    def new(self, raw: Any) -> Part:
        """Return the test examples, or all if there are none."""
        part = raw if raw.test is None else raw.test
        return Part(part, np.arange(len(part)))

    def weights(self, train: Part) -> np.ndarray | None:
        """Return the weights that a column gives the training rows.

        Raises:
            DataError: If a weight is not a finite number from 0, or all are 0.
        """
        return read_weights(train, self.weight, self.spelling) if self.weight else None

    def groups(self, table: Table) -> np.ndarray:
        """Return the group of each row as text.

        Raises:
            DataError: If there is no such column.
        """
        return classes_of(table, self.group, self.spelling)

    def table_findings(self, raw: Any, parts: Parts) -> list[Finding]:
        """Return what was recognised in tables, and how a column splits the rows."""
        tables: list[Table] = [x.table for x in sources(raw) if x.table is not None]
        notes = [note for table in tables for note in table.notes]
        found = [Finding("table", note, severity="info") for note in notes]
        return [*found, *self._split_findings(parts)]

    def _split_findings(self, parts: Parts) -> Iterator[Finding]:
        """Yield how a column splits the rows, and groups that a test table shares."""
        if self.group or self.time or self.split:
            yield Finding("split", f"split {parts.how}", severity="info")
        train, test = parts.train.raw.table, parts.test.raw.table
        if not self.group or test is None or test is train:
            return
        if self.group not in test.columns:
            return
        if shared := {*self.groups(train)}.intersection(self.groups(test)):
            shown = [repr(group) for group in sorted(shared)[:MOST_PLACES]]
            count = f"{len(shared):,} groups" if len(shared) > 1 else "1 group"
            what = f"{test.source} and {train.source} share {count}"
            what = f"{what} of {self.group!r}: {listing(shown, len(shared))}"
            hint = "leave them out of one table, or the score is too good"
            yield Finding("shared-group", what, hint, self.group, len(shared))

    def split_table(
        self,
        raw: Any,
        labels: np.ndarray | None,
        test: Part | None,
        seed: int,
    ) -> Parts:
        """Hold out rows as a column decides, or at random.

        Args:
            raw: The data, with a `table` if a column decides.
            labels: Class of every row, to keep the proportions; None for no classes.
            test: Test rows of a table of their own, if there is one.
            seed: Seed of the split.

        Raises:
            DataError: If there is no such column, or its values do not split the rows.
        """
        table: Table = raw.table  # None only if no column decides
        rows = np.arange(len(raw))
        if self.group:
            split = by_group(table, self.group, self.spelling, labels, seed)
        elif self.time:
            split = by_time(
                table, self.time, self.spelling, self.given_types.get(self.time)
            )
        elif self.split:
            others = at_random(labels, seed, raw.source)
            split = as_marked(
                table, self.split, self.spelling, test is not None, others
            )
        else:
            return split_rows(self, raw, rows, labels, test, seed)
        parts = split_rows(self, raw, rows, labels, test, seed, split.rule)
        return Parts(parts.train, parts.validation, parts.test, split.how(parts))
