"""Encodings of columns, fitted on training rows."""

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, NamedTuple, Self, cast

import numpy as np

from kerasdl.data.standardise import FARTHEST, mean_and_scale
from kerasdl.data.table.spelling import Spelling
from kerasdl.data.table.table import Table
from kerasdl.data.table.typed_columns import dates_at
from kerasdl.data.table.values import dates_of, numbers_of
from kerasdl.errors import DataError

DAY = 24 * 3600
PERIODS = (365.2425 * DAY, 7.0 * DAY, 1.0 * DAY)
"""Seconds in a year, a week and a day."""


class Widths(NamedTuple):
    """How many features of each sort a column has; they stand in this order.

    Args:
        numbers: Features of any values.
        indicators: Features of two or three values, such as one-hot categories.
        codes: Whole numbers from 0 that stand for categories.
    """

    numbers: int = 0
    indicators: int = 0
    codes: int = 0


class Column(ABC):
    """A column of a table, encoded as one or more numbers; a frozen dataclass."""

    type: ClassVar[str]
    """Name of the encoding."""
    is_number: ClassVar[bool] = False
    """Whether values are numbers."""
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
    def widths(self) -> Widths:
        """Number of features of each sort."""

    @property
    def width(self) -> int:
        """Number of features."""
        return sum(self.widths)

    @property
    def cardinality(self) -> int:
        """Number of different codes; 0 if there are none."""
        return 0

    @abstractmethod
    def encode(self, table: Table) -> np.ndarray:
        """Return the features of all rows, float64 of shape `(rows, width)`.

        Raises:
            DataError: If a value cannot be encoded; names lines.
        """

    @abstractmethod
    def decode(self, features: np.ndarray) -> np.ndarray:
        """Return the values that features stand for most closely.

        Args:
            features: float64 of shape `(rows, width)`, as a model returns them.

        Returns:
            Numbers, dates, or objects that are `str` or None, of shape `(rows,)`.
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
        scale: Standard deviation of the training rows; 0 if all values are the same,
            which makes the feature 0.
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
        mean, scale = np.zeros(()), np.zeros(())
        if len(present):
            with np.errstate(over="ignore", invalid="ignore"):
                mean, scale = mean_and_scale(present, (0,), constant=0.0)
        if not np.isfinite([mean, scale]).all():
            raise too_large(table, name, values, "standardised")
        missing = len(present) < len(values)
        return cls(name, spelling, float(mean), float(scale), missing)

    def check(self) -> None:
        """Raise unless the statistics are usable."""
        if not (np.isfinite([self.mean, self.scale]).all() and self.scale >= 0):
            raise ValueError(f"column {self.name!r} has a scale of {self.scale!r}")
        if type(self.marks_missing) is not bool or bool in map(
            type, (self.mean, self.scale)
        ):
            raise TypeError(f"column {self.name!r} has values of another type")

    def _standardised(self, values: np.ndarray, table: Table) -> np.ndarray:
        """Return standardised values; raise `DataError` if one is too far away."""
        if self.scale == 0:  # the model knows only one value
            return np.zeros_like(values)
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
    is_number = True
    read = staticmethod(numbers_of)

    @property
    def widths(self) -> Widths:
        """One, and one for the mark."""
        return Widths(1 + self.marks_missing)

    def encode(self, table: Table) -> np.ndarray:
        """Return the standardised numbers, and the mark."""
        values = self.read(table, self.name, self.spelling)
        return self._side_by_side([self._standardised(values, table)], np.isnan(values))

    def decode(self, features: np.ndarray) -> np.ndarray:
        """Return numbers in the units of the data; the mark is not read."""
        return features[:, 0] * self.scale + self.mean


@dataclass(frozen=True)
class DateColumn(StandardisedColumn):
    """A column of dates: time, and place in the year, in the week and in the day.

    Mean and scale are in seconds since 1970.
    """

    type = "date"
    read = staticmethod(dates_of)

    @property
    def widths(self) -> Widths:
        """Time, a sine and a cosine for each period, and the mark."""
        return Widths(1 + 2 * len(PERIODS) + self.marks_missing)

    def encode(self, table: Table) -> np.ndarray:
        """Return the features."""
        seconds = self.read(table, self.name, self.spelling)
        features = [self._standardised(seconds, table), *periodic(seconds)]
        return self._side_by_side(features, np.isnan(seconds))

    def decode(self, features: np.ndarray) -> np.ndarray:
        """Return dates, by the feature of time alone."""
        return dates_at(features[:, 0] * self.scale + self.mean)


def too_large(table: Table, name: str, values: np.ndarray, to_be: str) -> DataError:
    """Return the error of a column with statistics that float64 cannot hold.

    Args:
        table: The table.
        name: Name of the column.
        values: Its values, float64 with NaN for a missing one.
        to_be: What the column should be, such as `"scaled"`.
    """
    row = int(np.nanargmax(np.abs(values)))
    what = f"column {name!r} of {table.source} is {values[row]:.3g} at"
    what = f"{what} {table.place(row)}, too large to be {to_be}"
    return DataError(what, "fix it, or name the column in data.ignore")


def periodic(seconds: np.ndarray) -> list[np.ndarray]:
    """Return a sine and a cosine of a time for each period."""
    angles = [2 * np.pi * (seconds / period) for period in PERIODS]
    return [wave(angle) for angle in angles for wave in (np.sin, np.cos)]
