"""Encodings of columns whose numbers become normal, fitted on training rows."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from kerasdl.data.standardise import varies
from kerasdl.data.table.categories import CategoryColumn
from kerasdl.data.table.columns import PERIODS, Column, Widths, periodic, too_large
from kerasdl.data.table.spelling import Spelling
from kerasdl.data.table.table import Table
from kerasdl.data.table.typed_columns import dates_at
from kerasdl.data.table.values import dates_of, numbers_of

ROWS_PER_QUANTILE = 30
FEWEST_QUANTILES = 10
MOST_QUANTILES = 1000
SMALLEST_SHARE = 1e-7
"""Bound on the share of training values below or above a value."""


@dataclass(frozen=True)
class QuantileColumn(Column):
    """A column whose values become standard normal by their rank.

    A value between two quantiles has a share of the training values below it, and
    becomes the value with the same share below it in a normal distribution. A value that
    is several quantiles has the mean of their shares, so that one half of its ties
    counts as below. scikit-learn's `QuantileTransformer` returns nearly the same for
    values with a little noise, as in TabM's recipe: Gorishniy et al. 2025,
    https://arxiv.org/abs/2410.24210. A missing value is 0, as is the median.

    Args:
        name: Name of the column.
        spelling: How its values are spelled.
        quantiles: Quantiles of the training values for even shares from 0 to 1. One if
            the values vary by rounding alone: there is no such feature.
        marks_missing: Whether the last feature is 1 for a missing value.
    """

    name: str
    spelling: Spelling
    quantiles: tuple[float, ...]
    marks_missing: bool

    OTHERS: ClassVar[int] = 0
    """Number of further features of a value."""

    @staticmethod
    @abstractmethod
    def read(table: Table, name: str, spelling: Spelling) -> np.ndarray:
        """Return the values, float64 with NaN for a missing one."""

    def others(self, values: np.ndarray) -> list[np.ndarray]:
        """Return further features of values, each of their shape."""
        return []

    @classmethod
    def fit(cls, table: Table, name: str, spelling: Spelling) -> Self:
        """Fit the quantiles; raise `DataError` if float64 cannot hold them."""
        values = cls.read(table, name, spelling)
        present = values[~np.isnan(values)]
        quantiles = tuple(present[:1].tolist())
        if len(present) and varies(present, (0,)):
            count = len(present) // ROWS_PER_QUANTILE
            count = max(min(count, MOST_QUANTILES), min(FEWEST_QUANTILES, len(present)))
            with np.errstate(over="ignore", invalid="ignore"):
                found = np.quantile(present, np.linspace(0, 1, count))
            if not np.isfinite(found).all():
                raise too_large(table, name, values, "scaled")
            quantiles = tuple(found.tolist())
        return cls(name, spelling, quantiles, len(present) < len(values))

    @property
    def varies(self) -> bool:
        """Whether the training values differ by more than rounding."""
        return len(self.quantiles) > 1

    @property
    def widths(self) -> Widths:
        """One and the others, unless constant, and one for the mark."""
        numbers = 1 + self.OTHERS if self.varies else 0
        return Widths(numbers, int(self.marks_missing))

    def encode(self, table: Table) -> np.ndarray:
        """Return the features, and the mark."""
        values = self.read(table, self.name, self.spelling)
        missing, features = np.isnan(values), []
        if self.varies:
            features = [self._normal(values), *self.others(values)]
            features = [np.where(missing, 0.0, feature) for feature in features]
        if self.marks_missing:
            features.append(missing.astype("float64"))
        return np.stack(features, axis=1)

    def _normal(self, values: np.ndarray) -> np.ndarray:
        """Return the values that have the same shares in a normal distribution."""
        from scipy.special import ndtri

        quantiles = np.array(self.quantiles)
        shares = np.linspace(0, 1, len(quantiles))
        highest = np.interp(values, quantiles, shares)
        lowest = 1 - np.interp(-values, -quantiles[::-1], shares)
        share = (lowest + highest) / 2
        return ndtri(np.clip(share, SMALLEST_SHARE, 1 - SMALLEST_SHARE))

    def decode(self, features: np.ndarray) -> np.ndarray:
        """Return numbers in the units of the data; the mark is not read."""
        from scipy.special import ndtr

        if not self.varies:
            return np.full(len(features), self.quantiles[0] if self.quantiles else 0.0)
        shares = np.linspace(0, 1, len(self.quantiles))
        return np.interp(ndtr(features[:, 0]), shares, self.quantiles)

    def check(self) -> None:
        """Raise unless the quantiles are usable."""
        if type(self.marks_missing) is not bool:
            raise TypeError(f"marks_missing is {self.marks_missing!r}")
        if {*map(type, self.quantiles)} - {float, int}:
            raise TypeError(f"column {self.name!r} has values of another type")
        quantiles = np.array(self.quantiles, "float64")
        if not np.isfinite(quantiles).all() or (np.diff(quantiles) < 0).any():
            raise ValueError(f"column {self.name!r} has quantiles {self.quantiles}")
        if len(quantiles) > MOST_QUANTILES or (self.varies and np.ptp(quantiles) == 0):
            raise ValueError(f"column {self.name!r} has {len(quantiles)} quantiles")


@dataclass(frozen=True)
class QuantileNumberColumn(QuantileColumn):
    """A column of numbers."""

    type = "quantile-number"
    is_number = True

    read = staticmethod(numbers_of)


@dataclass(frozen=True)
class QuantileDateColumn(QuantileColumn):
    """A column of dates, as seconds since 1970 and by their place in each period."""

    type = "quantile-date"

    OTHERS = 2 * len(PERIODS)

    read = staticmethod(dates_of)

    def others(self, values: np.ndarray) -> list[np.ndarray]:
        """Return the place of dates in each period."""
        return periodic(values)

    def decode(self, features: np.ndarray) -> np.ndarray:
        """Return dates, by the feature of time alone."""
        return dates_at(super().decode(features))


@dataclass(frozen=True)
class IndicatorColumn(CategoryColumn):
    """A column of categories, one-hot, which are kept apart from numbers."""

    type = "indicator"

    @property
    def widths(self) -> Widths:
        """One for each category, and one for the others."""
        return Widths(indicators=sum(super().widths))
