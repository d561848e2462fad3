"""Raw tables, before preprocessing."""

import hashlib
import reprlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from kerasdl.errors import DataError

MOST_PLACES = 20
"""Places that a message lists before it counts the rest."""
MAX_COLUMNS = 100_000


@dataclass(frozen=True)
class Table:
    """Rows and named columns from one source.

    Args:
        source: Path of the file, or a name for a data frame.
        columns: The values of each column, of shape `(rows,)`: objects that are `str`
            or None, float64 with NaN for a missing value, or datetime64 in microseconds
            with NaT.
        lines: Line of the file where each row begins (1-based), of shape `(rows,)`;
            None if the source has no lines.
        notes: What was recognised, for the user.
        categories: Columns that the source declares as categories.
        unreadable: Columns that cannot be read, each with what it holds.
        numbers: Number of each row in a source without lines (0-based), of shape
            `(rows,)`; None if all rows are there.
    """

    source: str
    columns: dict[str, np.ndarray]
    lines: np.ndarray | None = None
    notes: tuple[str, ...] = ()
    categories: frozenset[str] = frozenset()
    unreadable: Mapping[str, str] = field(default_factory=dict)
    numbers: np.ndarray | None = None

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(next(iter(self.columns.values()), ()))

    def take(self, rows: np.ndarray) -> "Table":
        """Return some of the rows."""
        columns = {name: values[rows] for name, values in self.columns.items()}
        lines = None if self.lines is None else self.lines[rows]
        numbers = rows if self.numbers is None else self.numbers[rows]
        return replace(self, columns=columns, lines=lines, numbers=numbers)

    def place(self, row: int) -> str:
        """Describe the position of a row."""
        if self.lines is not None:
            return f"line {self.lines[row]}"
        return f"row {row if self.numbers is None else self.numbers[row]}"

    def places(self, rows: Sequence[int] | np.ndarray, values: Iterable) -> str:
        """Describe rows and the value of each, at most `MOST_PLACES` of them."""
        shown = [
            f"{_shown(value)} at {self.place(int(row))}"
            for row, value in zip(rows[:MOST_PLACES], values, strict=False)
        ]
        return listing(shown, len(rows))

    def column(self, name: str) -> np.ndarray:
        """Return a column.

        Raises:
            DataError: If there is none of that name, or it cannot be read.
        """
        if name in self.unreadable:
            what = f"column {name!r} of {self.source} holds {self.unreadable[name]}"
            raise DataError(what, "convert it to texts, numbers, booleans or dates")
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
                digest.update(b"".join(map(_with_length, values)))
            else:
                digest.update(values.tobytes())
        return digest.hexdigest()


def is_text(text: str) -> bool:
    """Return whether a text can be written to a file and read again."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def check_names(names: Sequence[str], source: str) -> list[str]:
    """Return the names of columns without spaces around; a nameless one gets its number.

    Raises:
        DataError: If there are too many, two are the same, or one is no text.
    """
    if wrong := [ascii(name) for name in names if not is_text(name)]:
        shown = listing(wrong[:MOST_PLACES], len(wrong))
        what = f"{source} has NUL or half a character in the names {shown}"
        raise DataError(what, "name the columns by text")
    if len(names) > MAX_COLUMNS:
        what = f"{source} has {len(names):,} columns"
        raise DataError(what, f"give at most {MAX_COLUMNS:,}")
    names = [name.strip() or f"column {number}" for number, name in enumerate(names, 1)]
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        shown = listing([*map(repr, twice[:MOST_PLACES])], len(twice))
        what = f"{source} names {shown} more than once"
        raise DataError(what, "give every column its own name")
    return names


def _with_length(value: str | None) -> bytes:
    """Return a text in UTF-8 behind its length, or that of a missing value."""
    text = b"" if value is None else value.encode()
    return b"%d:%b" % (-1 if value is None else len(text), text)


def _shown(value: object) -> str:
    return str(value) if isinstance(value, np.generic) else reprlib.repr(value)


def listing(parts: Sequence[str], total: int) -> str:
    """Join parts; if there are more in total, say how many more."""
    if total > len(parts):
        return f"{', '.join(parts)} and {total - len(parts):,} more"
    *others, last = parts
    return f"{', '.join(others)} and {last}" if others else last


def line_listing(lines: Sequence[int]) -> str:
    """List lines, at most `MOST_PLACES` of them."""
    return listing([f"line {line}" for line in lines[:MOST_PLACES]], len(lines))
