"""Base class of kinds with named columns, some of which may have a role."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

from kerasdl.config.rules import InsteadOf
from kerasdl.data.kinds.kind import Kind
from kerasdl.data.kinds.split_rows import split_rows
from kerasdl.data.parts import Parts
from kerasdl.data.preprocessing import Part
from kerasdl.data.split import at_random
from kerasdl.data.table.infer import ColumnType
from kerasdl.data.table.spelling import Spelling
from kerasdl.data.table.split_by_column import as_marked, by_group, by_time
from kerasdl.data.table.table import MOST_PLACES, Table, listing
from kerasdl.data.table.values import texts_of
from kerasdl.data.table.weights import read_weights
from kerasdl.errors import DataError
from kerasdl.finding import Finding


@dataclass(frozen=True)
class ColumnSplitKind(Kind):
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

    @property
    def target_names(self) -> tuple[str, ...]:
        """Names of the columns to predict."""
        if isinstance(self.target, str):
            return (self.target,) if self.target else ()
        return self.target

    def check_target(self, source: str) -> None:
        """Raise `DataError` if no target is named and the task needs one."""
        if self.origin == "given" and not self.target_names:
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
    @abstractmethod
    def spelling(self) -> Spelling:
        """How values are spelled."""

    @property
    @abstractmethod
    def given_types(self) -> dict[str, ColumnType]:
        """The type of columns that need not be inferred."""

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
        return texts_of(table.column(self.group), self.spelling)

    def split_findings(self, parts: Parts) -> Iterator[Finding]:
        """Yield how a column splits the rows, and groups that a test table shares."""
        if self.group or self.time or self.split:
            yield Finding("split", f"split {parts.how}", severity="info")
        train, test = parts.train.raw.table, parts.test.raw.table
        if not self.group or test is train or self.group not in test.columns:
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
            raw: The data, with a `table`.
            labels: Class of every row, to keep the proportions; None for no classes.
            test: Test rows of a table of their own, if there is one.
            seed: Seed of the split.

        Raises:
            DataError: If there is no such column, or its values do not split the rows.
        """
        table: Table = raw.table
        rows = np.arange(len(table))
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
