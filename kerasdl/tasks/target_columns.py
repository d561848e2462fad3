"""What targets of several columns have in common."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self, cast

import numpy as np

from kerasdl.data.targets import Targets
from kerasdl.errors import DataError


class TargetColumns(Targets):
    """Base class of targets of several columns; a subclass is a frozen dataclass."""

    names: tuple[str, ...]
    """Name of each column; empty if the data have none."""

    @property
    def all_names(self) -> list[str]:
        """Name of each column, or its place."""
        return [*self.names] or [*map(str, range(cast(int, self.num_outputs)))]

    def named(self, names: Sequence[str]) -> Self:
        """Return the encoding with the names of the columns, unless labels name them."""
        if self.names:
            return self
        return replace(cast(Any, self), names=tuple(names))

    def check_names(self) -> None:
        """Raise `TypeError` or `ValueError` unless each column or none has a name."""
        if not all(isinstance(name, str) for name in self.names):
            raise TypeError("the name of a target is not a string")
        if len({*self.names}) < len(self.names):
            raise ValueError("two targets have the same name")
        if len(self.names) not in (0, self.num_outputs):
            raise ValueError(f"{self.num_outputs} targets, {len(self.names)} names")


def check_columns(
    raw: np.ndarray, name: str, source: str, count: int | None = None
) -> None:
    """Raise `DataError` unless targets have columns.

    Args:
        raw: Raw targets.
        name: Name of the array, for messages.
        source: Name of the set or path of the file, for messages.
        count: How many columns they must have; None allows any number.
    """
    wanted = raw.shape[1:2] if count is None else (count,)
    if raw.ndim != 2 or raw.shape[1:] != wanted or 0 in wanted:
        what = f"{name} has shape {raw.shape} in {source}"
        shape = f"({len(raw)}, {'targets' if count is None else count})"
        raise DataError(what, f"give {name} the shape {shape}")
