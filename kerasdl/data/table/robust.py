"""Encodings of columns that outliers hardly change, fitted on training rows.

Holzmüller, Grinsztajn & Steinwart 2024, https://arxiv.org/abs/2407.04491, section 3.
"""

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from kerasdl.data.standardise import SMALLEST
from kerasdl.data.table.categories import (
    CategoryColumn,
    check_categories,
    frequent,
    in_order,
    named,
)
from kerasdl.data.table.columns import PERIODS, Column, Widths, periodic, too_large
from kerasdl.data.table.spelling import Spelling
from kerasdl.data.table.table import Table
from kerasdl.data.table.typed_columns import dates_at
from kerasdl.data.table.values import dates_of, numbers_of, texts_of

BOUND = 3.0
"""No feature is as far from 0."""
LARGEST = BOUND * (1 - 1e-6)
"""Size of a feature beyond which a model's output is clipped to be decoded."""
FARTHEST = 1e9
"""Distance from the median beyond which a feature is `BOUND` to the last bit."""
NO_CATEGORY = ""
"""Stands for the categories of a column that is empty in training."""


@dataclass(frozen=True)
class RobustColumn(Column):
    """A column scaled by its quartiles and clipped smoothly.

    A feature x becomes z / √(1 + (z / 3)²), where z is (x − `center`) · `factor`. A
    missing one is 0, as is the median.

    Args:
        name: Name of the column.
        spelling: How its values are spelled.
        center: Median of each feature.
        factor: 1 over the distance of the quartiles of each feature. If they are equal,
            2 over the distance of the least and the greatest value; if those are equal
            too, 0.
    """

    name: str
    spelling: Spelling
    center: tuple[float, ...]
    factor: tuple[float, ...]

    @abstractmethod
    def raw(self, table: Table) -> np.ndarray:
        """Return the features before they are scaled, with NaN for a missing one."""

    def scaled(self, table: Table) -> Self:
        """Return the encoding with the statistics of its raw features.

        Raises:
            DataError: If float64 cannot hold them.
        """
        raw = self.raw(table)
        with np.errstate(over="ignore", invalid="ignore"):
            statistics = [_center_and_factor(feature) for feature in raw.T]
        if not np.isfinite(statistics).all():
            raise too_large(table, self.name, raw[:, 0], "scaled")
        center, factor = zip(*statistics, strict=True)
        return replace(self, center=center, factor=factor)

    def encode(self, table: Table) -> np.ndarray:
        """Return the scaled features."""
        with np.errstate(over="ignore", invalid="ignore"):
            distance = (self.raw(table) - self.center) * self.factor
        distance = np.clip(
            np.where(np.isnan(distance), 0, distance), -FARTHEST, FARTHEST
        )
        return distance / np.sqrt(1 + (distance / BOUND) ** 2)

    def raw_of(self, features: np.ndarray) -> np.ndarray:
        """Return the features before they were scaled, of shape `(rows, width)`."""
        clipped = np.clip(features, -LARGEST, LARGEST)
        distance = clipped / np.sqrt(1 - (clipped / BOUND) ** 2)
        factor = np.array(self.factor)
        scale = np.divide(1, factor, out=np.zeros_like(factor), where=factor > 0)
        return distance * scale + self.center

    def check(self) -> None:
        """Raise unless there is a center and a factor for each feature."""
        if not len(self.center) == len(self.factor) == self.width:
            raise ValueError(f"column {self.name!r} has not {self.width} statistics")
        if {*map(type, (*self.center, *self.factor))} - {float, int}:
            raise TypeError(f"column {self.name!r} has values of another type")
        if not np.isfinite([self.center, self.factor]).all() or min(self.factor) < 0:
            raise ValueError(f"column {self.name!r} has factors {self.factor}")


@dataclass(frozen=True)
class RobustNumberColumn(RobustColumn):
    """A column of numbers.

    Args:
        name: Name of the column.
        spelling: How its values are spelled.
        center: As in `RobustColumn`.
        factor: As in `RobustColumn`.
        marks_missing: Whether the last feature tells missing values apart.
    """

    type = "robust-number"
    is_number = True
    marks_missing: bool

    read = staticmethod(numbers_of)

    @classmethod
    def fit(cls, table: Table, name: str, spelling: Spelling) -> Self:
        """Fit the statistics, and note whether values are missing."""
        missing = bool(np.isnan(cls.read(table, name, spelling)).any())
        return cls(name, spelling, (), (), missing).scaled(table)

    @property
    def widths(self) -> Widths:
        """One, and one for the mark."""
        return Widths(1, int(self.marks_missing))

    def raw(self, table: Table) -> np.ndarray:
        """Return the numbers, and 1 where one is missing."""
        values = self.read(table, self.name, self.spelling)
        marks = [np.isnan(values).astype("float64")] if self.marks_missing else []
        return np.stack([*self.parts(values), *marks], axis=1)

    def decode(self, features: np.ndarray) -> np.ndarray:
        """Return numbers in the units of the data; the mark is not read."""
        return self.raw_of(features)[:, 0]

    def parts(self, values: np.ndarray) -> list[np.ndarray]:
        """Return the features of numbers, without the mark."""
        return [values]

    def check(self) -> None:
        """Raise unless the statistics are usable."""
        if type(self.marks_missing) is not bool:
            raise TypeError(f"marks_missing is {self.marks_missing!r}")
        super().check()


@dataclass(frozen=True)
class RobustDateColumn(RobustNumberColumn):
    """A column of dates, as seconds since 1970 and by their place in each period."""

    type = "robust-date"
    is_number = False

    read = staticmethod(dates_of)

    @property
    def widths(self) -> Widths:
        """Time, a sine and a cosine for each period, and one for the mark."""
        return Widths(1 + 2 * len(PERIODS), int(self.marks_missing))

    def decode(self, features: np.ndarray) -> np.ndarray:
        """Return dates, by the feature of time alone."""
        return dates_at(super().decode(features))

    def parts(self, values: np.ndarray) -> list[np.ndarray]:
        """Return the time, and the sines and cosines."""
        return [values, *periodic(values)]


@dataclass(frozen=True)
class RobustCategoryColumn(RobustColumn):
    """A column of categories, one-hot; two share a feature that is 1 or −1.

    Features of a missing, rare or unknown category are 0.

    Args:
        name: Name of the column.
        spelling: How its values are spelled.
        center: As in `RobustColumn`.
        factor: As in `RobustColumn`.
        values: The categories, sorted.
    """

    type = "robust-category"
    values: tuple[str, ...]

    @classmethod
    def fit(cls, table: Table, name: str, spelling: Spelling) -> Self:
        """Keep the most frequent categories."""
        texts = texts_of(table.column(name), spelling)
        kept = frequent(text for text in texts if text is not None)
        kept = kept[: CategoryColumn.MAX_CATEGORIES] or [NO_CATEGORY]
        return cls(name, spelling, (), (), in_order(kept)).scaled(table)

    @property
    def widths(self) -> Widths:
        """One for each category, or one for two."""
        count = len(self.values)
        return Widths(indicators=1 if count == 2 else count)

    def raw(self, table: Table) -> np.ndarray:
        """Return the categories, before they are scaled."""
        texts = texts_of(table.column(self.name), self.spelling)
        one_hot = np.array([texts == value for value in self.values], "float64").T
        return one_hot[:, :1] - one_hot[:, 1:] if len(self.values) == 2 else one_hot

    def decode(self, features: np.ndarray) -> np.ndarray:
        """Return the category of the greatest feature, never a missing or rare one."""
        raw = self.raw_of(features)
        if len(self.values) == 2:
            raw = np.concatenate([raw, -raw], axis=1)
        return named(raw.argmax(axis=1), self.values)

    def check(self) -> None:
        """Raise unless the categories are few texts, each once."""
        check_categories(self.name, self.values, CategoryColumn.MAX_CATEGORIES)
        if None in self.values:
            raise TypeError(f"a category of {self.name!r} is not text")
        super().check()


def _center_and_factor(feature: np.ndarray) -> tuple[float, float]:
    """Return the median of a feature, and what its distance is multiplied by."""
    present = feature[~np.isnan(feature)]
    if not len(present):
        return 0.0, 0.0
    low, first, median, third, high = np.quantile(present, [0, 0.25, 0.5, 0.75, 1])
    least = max(2 * np.spacing(max(abs(low), abs(high))), SMALLEST)
    spread = third - first if third - first > least else (high - low) / 2
    if spread <= least:
        return float(median), 0.0
    return float(median), float(1 / spread) if np.isfinite(spread) else np.nan
