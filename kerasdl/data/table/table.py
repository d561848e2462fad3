"""Raw tables, before preprocessing."""

import hashlib
import reprlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kerasdl.errors import DataError

MOST_PLACES = 20
"""Places that a message lists before it counts the rest."""


@dataclass(frozen=True)
class Table:
    """Rows and named columns from one source.

    Args:
        source: Path of the file, or a name for a data frame.
        columns: The values of each column, of shape `(rows,)`: objects that are `str`
            or None, or float64 with NaN for a missing value.
        lines: Line of the file where each row begins (1-based), of shape `(rows,)`;
            None if the source has no lines.
        notes: What was recognised, for the user.
    """

    source: str
    columns: dict[str, np.ndarray]
    lines: np.ndarray | None = None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(next(iter(self.columns.values()), ()))

    def take(self, rows: np.ndarray) -> "Table":
        """Return some of the rows."""
        columns = {name: values[rows] for name, values in self.columns.items()}
        lines = None if self.lines is None else self.lines[rows]
        return replace(self, columns=columns, lines=lines)

    def place(self, row: int) -> str:
        """Describe the position of a row."""
        if self.lines is None:
            return f"row {row}"
        return f"line {self.lines[row]}"

    def places(self, rows: Sequence[int] | np.ndarray, values: Iterable) -> str:
        """Describe rows and the value of each, at most `MOST_PLACES` of them."""
        shown = [
            f"{reprlib.repr(value)} at {self.place(int(row))}"
            for row, value in zip(rows[:MOST_PLACES], values, strict=False)
        ]
        return listing(shown, len(rows))

    def column(self, name: str) -> np.ndarray:
        """Return a column.

        Raises:
            DataError: If there is none of that name.
        """
        if name not in self.columns:
            from kerasdl.config.suggestion import suggestion

            what = f"{self.source} has no column {name!r}"
            raise DataError(what, suggestion(name, self.columns))
        return self.columns[name]

    def sha256(self) -> str:
        """Return a digest that identifies the names and the values."""
        digest = hashlib.sha256()
        for name, values in self.columns.items():
            digest.update(f"{name!r}{values.dtype}{len(values)}".encode())
            if values.dtype == object:
                for value in values:
                    text = b"" if value is None else value.encode()
                    digest.update(b"%d:" % (-1 if value is None else len(text)))
                    digest.update(text)
            else:
                digest.update(np.ascontiguousarray(values).data)
        return digest.hexdigest()


def listing(parts: Sequence[str], total: int) -> str:
    """Join parts; if there are more in total, say how many more."""
    if total > len(parts):
        return f"{', '.join(parts)} and {total - len(parts):,} more"
    *others, last = parts
    return f"{', '.join(others)} and {last}" if others else last
