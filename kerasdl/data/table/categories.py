"""Encodings of columns of categories, fitted on training rows."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from kerasdl.data.table.columns import Column, Widths
from kerasdl.data.table.spelling import Spelling
from kerasdl.data.table.table import Table
from kerasdl.data.table.values import texts_of

MIN_COUNT = 2
"""Training rows below which a category is rare."""
OTHER = "(other)"
"""Stands for the rare categories where a model predicts one of them."""


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

    @classmethod
    def fit(cls, table: Table, name: str, spelling: Spelling) -> Self:
        """Keep the most frequent categories."""
        texts = texts_of(table.column(name), spelling)
        kept = frequent(texts)[: cls.MAX_CATEGORIES]
        return cls(name, spelling, in_order(kept), len(kept) < len({*texts}))

    @property
    def widths(self) -> Widths:
        """One for each category, and one for the others."""
        return Widths(len(self.values) + self.others)

    def encode(self, table: Table) -> np.ndarray:
        """Return one-hot categories."""
        codes = numbered(table, self)
        return np.eye(len(self.values) + 1)[codes, : self.width]

    def decode(self, features: np.ndarray) -> np.ndarray:
        """Return the category of the greatest feature, or `OTHER`."""
        return named(features.argmax(axis=1), self.values)

    def check(self) -> None:
        """Raise unless the categories are few texts, each once."""
        check_categories(self.name, self.values, self.MAX_CATEGORIES)
        if type(self.others) is not bool:
            raise TypeError(f"others is {self.others!r}")


@dataclass(frozen=True)
class CodedColumn(Column):
    """A column of categories, each a whole number that a model embeds.

    0 stands for every rare or unknown category, 1 for the first of `values`.

    Args:
        name: Name of the column.
        spelling: How its values are spelled.
        values: The categories with a number of their own, sorted; None among them
            stands for a missing value.
    """

    type = "code"
    name: str
    spelling: Spelling
    values: tuple[str | None, ...]

    MAX_CATEGORIES: ClassVar[int] = 65_535
    """Categories that have a number; rarer ones share one."""

    @classmethod
    def fit(cls, table: Table, name: str, spelling: Spelling) -> Self:
        """Number the frequent categories."""
        kept = frequent(texts_of(table.column(name), spelling))
        return cls(name, spelling, in_order(kept[: cls.MAX_CATEGORIES]))

    @property
    def widths(self) -> Widths:
        """One code."""
        return Widths(codes=1)

    @property
    def cardinality(self) -> int:
        """One for each category, and one for the others."""
        return len(self.values) + 1

    def encode(self, table: Table) -> np.ndarray:
        """Return the codes."""
        codes = numbered(table, self) + 1
        return (codes % self.cardinality).astype("float64")[:, None]

    def decode(self, features: np.ndarray) -> np.ndarray:
        """Return the category of the nearest code, or `OTHER`."""
        codes = np.clip(np.round(features[:, 0]), 0, self.cardinality - 1)
        return named((codes.astype(int) - 1) % self.cardinality, self.values)

    def check(self) -> None:
        """Raise unless the categories are texts, each once."""
        check_categories(self.name, self.values, self.MAX_CATEGORIES)


def frequent(texts: Iterable[str | None]) -> list[str | None]:
    """Return the categories that are not rare, the most frequent first.

    If all are rare, all are returned.

    Args:
        texts: A category for each row, or None.
    """
    counts = Counter(texts)
    common = [value for value, count in counts.items() if count >= MIN_COUNT]
    common.sort(key=lambda value: (-counts[value], value or ""))
    return common or [*counts]


def in_order(values: Iterable[str | None]) -> tuple[Any, ...]:
    """Return categories sorted, a missing value first."""
    return tuple(sorted(values, key=lambda value: (value is not None, value or "")))


def numbered(table: Table, column: CategoryColumn | CodedColumn) -> np.ndarray:
    """Return the place of each row's category in `values`; their number for others."""
    texts = texts_of(table.column(column.name), column.spelling)
    numbers = {value: number for number, value in enumerate(column.values)}
    return np.array([numbers.get(text, len(numbers)) for text in texts], int)


def named(codes: np.ndarray, values: tuple[str | None, ...]) -> np.ndarray:
    """Return categories as objects; their number stands for `OTHER`."""
    return np.array([*values, OTHER], object)[codes]


def check_categories(name: str, values: tuple[str | None, ...], most: int) -> None:
    """Raise `TypeError` or `ValueError` unless categories are texts, each once."""
    if not all(value is None or isinstance(value, str) for value in values):
        raise TypeError(f"a category of {name!r} is not text")
    count = len(values)
    if not 0 < count <= most or len({*values}) < count:
        raise ValueError(f"{name!r} has {count} categories")
