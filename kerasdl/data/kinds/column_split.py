"""Base class of kinds with named columns, one of which may decide the split."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from kerasdl.config.rules import InsteadOf
from kerasdl.data.kinds.kind import Kind
from kerasdl.data.table.infer import ColumnType
from kerasdl.data.table.split_by_column import (
    ColumnSplit,
    as_marked,
    by_group,
    by_time,
)
from kerasdl.data.table.table import Table
from kerasdl.data.table.values import Spelling, texts_of


@dataclass(frozen=True)
class ColumnSplitKind(Kind):
    """A kind with named columns, one of which may decide the split."""

    group: str = ""
    """Column that names groups, such as patients: no group is in two splits. It is not a
    feature, unless its type is given."""
    time: Annotated[str, InsteadOf("group")] = ""
    """Column of dates or numbers: the newest rows are the test split, and the newest of
    the others the validation split."""
    split: Annotated[str, InsteadOf("group")] = ""
    """Column that holds `train`, `validation` or `test` for each row. It is not a
    feature, unless its type is given."""

    @property
    def no_features(self) -> list[str]:
        """Columns that decide the split and say nothing about the target."""
        return [name for name in (self.group, self.split) if name]

    def groups(self, table: Table, spelling: Spelling) -> np.ndarray | None:
        """Return the group of each row as text; None if rows have no groups."""
        if not self.group:
            return None
        return texts_of(table.column(self.group), spelling)

    def column_split(
        self,
        table: Table,
        spelling: Spelling,
        given: Mapping[str, ColumnType],
        has_test: bool,
    ) -> ColumnSplit | None:
        """Return the split that a column decides; None if none does.

        Args:
            table: The table.
            spelling: How values are spelled.
            given: The type of columns that need not be inferred.
            has_test: Whether the test rows are in a table of their own.

        Raises:
            DataError: If there is no such column, or its values do not split the rows.
        """
        if self.group:
            return by_group(table, self.group, spelling)
        if self.time:
            return by_time(table, self.time, spelling, given.get(self.time))
        if self.split:
            return as_marked(table, self.split, spelling, has_test)
        return None
