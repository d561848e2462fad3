"""A table and what to predict, before preprocessing."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from kerasdl.data.table.infer import Inferred
from kerasdl.data.table.table import Table


@dataclass(frozen=True)
class RawTable:
    """A table and what to predict.

    Args:
        table: The table.
        target_names: Names of the columns to predict; empty if there are none.
        targets: Raw targets of shape `(rows,)`, or of several columns `(rows, columns)`;
            None if there are none.
        test: A table of test rows, if there is one.
        known: The types of the columns, by the config that they were inferred for.
    """

    table: Table
    target_names: tuple[str, ...] = ()
    targets: np.ndarray | None = None
    test: "RawTable | None" = None
    known: dict[Any, dict[str, Inferred]] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.table)

    @property
    def source(self) -> str:
        """Path of the file."""
        return self.table.source

    def with_target(self, place: int) -> "RawTable":
        """Return the same table with one of its targets alone, by its place."""
        if self.targets is None or self.targets.ndim == 1:
            return self
        name, targets = self.target_names[place], self.targets[:, place]
        return replace(self, target_names=(name,), targets=targets)

    def sha256(self) -> str:
        """Return a digest that identifies the data."""
        own = self.table.sha256()
        return own if self.test is None else f"{own}+{self.test.table.sha256()}"
