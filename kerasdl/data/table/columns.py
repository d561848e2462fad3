"""Encodings of columns, fitted on training rows."""

from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Self, cast

import numpy as np

from kerasdl.data.standardise import FARTHEST, mean_and_scale
from kerasdl.data.table.table import Table
from kerasdl.data.table.values import Spelling, dates_of, numbers_of, texts_of
from kerasdl.errors import DataError

DAY = 24 * 3600


class Column(ABC):
    """A column of a table, encoded as one or more numbers; a frozen dataclass."""

    type: ClassVar[str]
    """Its `ColumnType`."""
    name: str
    spelling: Spelling

    @classmethod
    @abstractmethod
    def fit(cls, table: Table, name: str, spelling: Spelling) -> Self:
        """Fit the encoding of a column on training rows.

        Args:
            table: The training rows.
            name: Name of the column.
            spelling: How its values are spelled, with all that was recognised.
        """

    @property
    @abstractmethod
    def width(self) -> int:
        """Number of features."""

    @abstractmethod
    def encode(self, table: Table) -> np.ndarray:
        """Return the features of all rows, float64 of shape `(rows, width)`.

        Raises:
            DataError: If a value cannot be encoded; names lines.
        """

    @abstractmethod
    def check(self) -> None:
        """Raise `TypeError` or `ValueError` unless `fit` could have returned this."""

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return {"type": self.type} | asdict(cast(Any, self))


@dataclass(frozen=True)
class StandardisedColumn(Column):
    """A column with a mean and a standard deviation.

    Args:
        name: Name of the column.
        spelling: How its values are spelled.
        mean: Mean of the training rows.
        scale: Standard deviation of the training rows; 1 if it is 0.
        marks_missing: Whether the last feature is 1 for a missing value.
    """

    name: str
    spelling: Spelling
    mean: float
    scale: float
    marks_missing: bool

    @staticmethod
    @abstractmethod
    def read(table: Table, name: str, spelling: Spelling) -> np.ndarray:
        """Return the values, float64 with NaN for a missing one."""

    @classmethod
    def fit(cls, table: Table, name: str, spelling: Spelling) -> Self:
        """Fit mean and scale; raise `DataError` if float64 cannot hold them."""
        values = cls.read(table, name, spelling)
        present = values[~np.isnan(values)]
        mean, scale = np.zeros(()), np.ones(())
        if len(present):
            with np.errstate(over="ignore", invalid="ignore"):
                mean, scale = mean_and_scale(present, (0,))
        if not np.isfinite([mean, scale]).all():
            row = int(np.nanargmax(np.abs(values)))
            what = f"column {name!r} of {table.source} is {values[row]:.3g} at"
            what = f"{what} {table.place(row)}, too large to be standardised"
            raise DataError(what, "fix it, or name the column in data.ignore")
        missing = len(present) < len(values)
        return cls(name, spelling, float(mean), float(scale), missing)

    def check(self) -> None:
        """Raise unless the statistics are usable."""
        if not (np.isfinite([self.mean, self.scale]).all() and self.scale > 0):
            raise ValueError(f"column {self.name!r} has a scale of {self.scale!r}")
        if type(self.marks_missing) is not bool or bool in map(
            type, (self.mean, self.scale)
        ):
            raise TypeError(f"column {self.name!r} has values of another type")

    def _standardised(self, values: np.ndarray, table: Table) -> np.ndarray:
        """Return standardised values; raise `DataError` if one is too far away."""
        with np.errstate(over="ignore"):
            standard = (values - self.mean) / self.scale
        if (far := np.abs(standard) >= FARTHEST).any():
            rows = np.flatnonzero(far)
            shown = table.places(rows, table.column(self.name)[rows])
            what = f"column {self.name!r} of {table.source} is {shown}"
            what = f"{what}, too far from the training data for float32"
            raise DataError(what, "fix those values, or name it in data.ignore")
        return standard

    def _side_by_side(
        self, features: list[np.ndarray], missing: np.ndarray
    ) -> np.ndarray:
        """Return features in columns: 0 where a value is missing, and the mark."""
        features = [np.where(missing, 0.0, feature) for feature in features]
        if self.marks_missing:
            features.append(missing.astype("float64"))
        return np.stack(features, axis=1)


@dataclass(frozen=True)
class NumberColumn(StandardisedColumn):
    """A column of numbers, standardised; a missing one is the mean."""

    type = "number"
    read = staticmethod(numbers_of)

    @property
    def width(self) -> int:
        """One, and one for the mark."""
        return 1 + self.marks_missing

    def encode(self, table: Table) -> np.ndarray:
        """Return the standardised numbers, and the mark."""
        values = self.read(table, self.name, self.spelling)
        return self._side_by_side([self._standardised(values, table)], np.isnan(values))


@dataclass(frozen=True)
class DateColumn(StandardisedColumn):
    """A column of dates: time, and place in the year, in the week and in the day.

    Mean and scale are in seconds since 1970.
    """

    type = "date"
    read = staticmethod(dates_of)

    PERIODS: ClassVar = (365.2425 * DAY, 7.0 * DAY, 1.0 * DAY)

    @property
    def width(self) -> int:
        """Time, a sine and a cosine for each period, and the mark."""
        return 1 + 2 * len(self.PERIODS) + self.marks_missing

    def encode(self, table: Table) -> np.ndarray:
        """Return the features."""
        seconds = self.read(table, self.name, self.spelling)
        features = [self._standardised(seconds, table)]
        for period in self.PERIODS:
            angle = 2 * np.pi * (seconds / period)
            features += [np.sin(angle), np.cos(angle)]
        return self._side_by_side(features, np.isnan(seconds))


@dataclass(frozen=True)
class CategoryColumn(Column):
    """A column of categories, one-hot.

    Args:
        name: Name of the column.
        spelling: How its values are spelled.
        values: The categories that have a feature, sorted; None among them stands for
            a missing value.
        others: Whether the last feature is 1 for any other category. Without it, all
            features of an unknown category are 0.
    """

    type = "category"
    name: str
    spelling: Spelling
    values: tuple[str | None, ...]
    others: bool

    MAX_CATEGORIES: ClassVar[int] = 64
    """Categories that have a feature; rarer ones share one."""
    MIN_COUNT: ClassVar[int] = 2
    """Training rows below which a category is rare."""

    @classmethod
    def fit(cls, table: Table, name: str, spelling: Spelling) -> Self:
        """Keep the most frequent categories."""
        counts = Counter(texts_of(table.column(name), spelling))
        common = [value for value, count in counts.items() if count >= cls.MIN_COUNT]
        common.sort(key=lambda value: (-counts[value], value or ""))
        kept = common[: cls.MAX_CATEGORIES] or [*counts][: cls.MAX_CATEGORIES]
        kept.sort(key=lambda value: (value is not None, value or ""))
        return cls(name, spelling, tuple(kept), len(kept) < len(counts))

    @property
    def width(self) -> int:
        """One for each category, and one for the others."""
        return len(self.values) + self.others

    def encode(self, table: Table) -> np.ndarray:
        """Return one-hot categories."""
        texts = texts_of(table.column(self.name), self.spelling)
        numbers = {value: number for number, value in enumerate(self.values)}
        codes = np.array([numbers.get(text, len(numbers)) for text in texts], int)
        return np.eye(len(numbers) + 1)[codes, : self.width]

    def check(self) -> None:
        """Raise unless the categories are few texts, each once."""
        if not all(value is None or isinstance(value, str) for value in self.values):
            raise TypeError(f"a category of {self.name!r} is not text")
        count = len(self.values)
        if not 0 < count <= self.MAX_CATEGORIES or len({*self.values}) < count:
            raise ValueError(f"{self.name!r} has {count} categories")
        if type(self.others) is not bool:
            raise TypeError(f"others is {self.others!r}")


TYPES: dict[str, type[Column]] = {
    column.type: column for column in (NumberColumn, CategoryColumn, DateColumn)
}


def from_json(values: dict[str, Any]) -> Column:
    """Return the column that `Column.to_json` describes.

    Raises:
        KeyError, TypeError, ValueError: If the values are damaged.
    """
    fields = {**values}
    column_type, spelling = fields.pop("type"), {**fields["spelling"]}
    spelling["missing"] = _tuple(spelling["missing"])
    fields["spelling"] = Spelling(**spelling)
    if "values" in fields:
        fields["values"] = _tuple(fields["values"])
    column = cast(Any, TYPES[column_type])(**fields)
    if not isinstance(column.name, str):
        raise TypeError("the name of a column is not text")
    column.spelling.check()
    column.check()
    return column


def _tuple(values: Any) -> tuple:
    if not isinstance(values, list):
        raise TypeError(f"{values!r} is not a list")
    return tuple(values)
