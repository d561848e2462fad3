"""Errors in single targets."""

import reprlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import numpy as np

from kerasdl.data.table.table import MOST_PLACES, listing
from kerasdl.errors import DataError


class TargetError(DataError):
    """Targets that a task cannot take, with their rows.

    A task knows rows only. `Kind.locate` names the column and the lines instead.

    Args:
        raw: Raw targets of shape `(examples,)`; one column of several.
        rows: The row numbers of those it cannot take, one or more.
        source: Name of the set or path of the file.
        rule: What they break, such as `"; class labels start at 0"`.
        hint: What to do about it.
        name: Name of the array.
    """

    def __init__(
        self,
        raw: np.ndarray,
        rows: Iterable[int],
        source: str,
        rule: str,
        hint: str,
        name: str = "y",
    ):
        self.rows, self.source, self.rule, self.name = [*rows], source, rule, name
        self.values = raw[self.rows[:MOST_PLACES]].tolist()
        self.column: int | None = None
        super().__init__(self._what(name, lambda row: f"row {row}"), hint)

    def place_in(self, column: int) -> None:
        """Say that the targets are those in a column of several, by its number."""
        self.column = column
        what = self._what(self.name, lambda row: f"row {row}, column {column}")
        super().__init__(what, self.hint)

    def at(self, name: str, place: Callable[[int], str]) -> DataError:
        """Return the error with another name and places, such as lines of a file."""
        return DataError(self._what(name, place), self.hint)

    def _what(self, name: str, place: Callable[[int], str]) -> str:
        shown = [
            f"{reprlib.repr(value)} at {place(row)}"
            for row, value in zip(self.rows, self.values, strict=False)
        ]
        places = listing(shown, len(self.rows))
        return f"{name} is {places} in {self.source}{self.rule}"


@contextmanager
def in_column(column: int) -> Iterator[None]:
    """Say in errors of targets in which column of several they are."""
    try:
        yield
    except TargetError as fault:
        fault.place_in(column)
        raise
