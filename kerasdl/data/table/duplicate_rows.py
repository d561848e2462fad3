"""Rows of a table that are in two parts of a split."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from kerasdl.data.parts import Parts
from kerasdl.data.preprocessing import Part
from kerasdl.data.table.sample import sample
from kerasdl.finding import Finding

MAX_CELLS = 3_000_000
"""Values after which only a sample of the rows is compared further."""


class Copy(NamedTuple):
    """A held-out row that equals a training row.

    Args:
        row: Its row number.
        original: Row number of the first training row that it equals.
        same: Whether one of the training rows has the same target.
    """

    row: int
    original: int
    same: bool


class Equal(NamedTuple):
    """Rows that are on both sides of a split.

    Args:
        rows: Training rows, ascending.
        held: Held-out rows, ascending.
        numbers: A number for each of `rows`, then of `held`: the same for equal rows.
        is_sample: Whether some rows were not compared.
    """

    rows: np.ndarray
    held: np.ndarray
    numbers: np.ndarray
    is_sample: bool


def duplicate_rows(parts: Parts, columns: Sequence[str]) -> Iterator[Finding]:
    """Yield a finding for each held-out part that has rows in common with training.

    Args:
        parts: The parts; their `raw` is a `RawTable`.
        columns: Names of the columns that must be equal.
    """
    for name in ("validation", "test"):
        part: Part = getattr(parts, name)
        table = part.raw.table
        shared = [column for column in columns if column in table.columns]
        equal = _equal(parts.train, part, shared)
        if not shared or not len(equal.held):
            continue
        copies = _copies(parts.train, part, equal)
        place = f"{parts.train.raw.table.place(copies[0].original)} and "
        place += table.place(copies[0].row)
        place += f" of {table.source}" if part.raw is not parts.train.raw else ""
        what = "at least " if equal.is_sample else ""
        what += f"{len(copies):,} of {len(part.rows):,} {name} rows copy training rows"
        if part.raw.targets is not None:
            what += f", {sum(copy.same for copy in copies):,} with the same target"
        hint = "remove the copies, or keep them on one side with data.group"
        kind, count = "duplicate-rows", len(copies)
        yield Finding(kind, f"{what}, such as {place}", hint, name, count)


def _copies(train: Part, part: Part, equal: Equal) -> list[Copy]:
    """Return the held-out rows that equal training rows."""
    first: dict[int, int] = {}
    targets: dict[int, set[str]] = {}
    numbers, held_numbers = np.split(equal.numbers, [len(equal.rows)])
    rows = zip(numbers.tolist(), equal.rows.tolist(), strict=True)
    for (number, row), target in zip(rows, _targets(train, equal.rows), strict=True):
        first.setdefault(number, row)
        targets.setdefault(number, set()).add(target)
    held = zip(held_numbers.tolist(), equal.held.tolist(), strict=True)
    return [
        Copy(row, first[number], target in targets[number])
        for (number, row), target in zip(held, _targets(part, equal.held), strict=True)
    ]


def _equal(train: Part, part: Part, columns: Sequence[str]) -> Equal:
    """Return the rows that are on both sides.

    Column by column, the rows stay that still equal one of the other side.
    """
    rows, held, left, is_sample = train.rows, part.rows, MAX_CELLS, False
    numbers = np.zeros(len(rows) + len(held), int)
    for name in columns:
        most = max(MAX_CELLS // (2 * len(columns)), left // 2)
        if len(numbers) > most:
            mine = sample(len(rows), most * len(rows) // len(numbers))
            others = sample(len(held), most * len(held) // len(numbers))
            numbers = numbers[np.concatenate([mine, len(rows) + others])]
            rows, held, is_sample = rows[mine], held[others], True
        left -= len(numbers)
        ours = train.raw.table.columns[name][rows].tolist()
        codes = _codes(ours + part.raw.table.columns[name][held].tolist())
        numbers = numbers * len(numbers) + codes  # below 2**63: there are few rows
        _, numbers = np.unique(numbers, return_inverse=True)
        mine, others = np.split(numbers, [len(rows)])
        is_mine, is_other = np.isin(mine, others), np.isin(others, mine)
        rows, held = rows[is_mine], held[is_other]
        numbers = np.concatenate([mine[is_mine], others[is_other]])
    return Equal(rows, held, numbers, is_sample)


def _targets(part: Part, rows: np.ndarray) -> list[Any]:
    """Return the targets of rows as text; one for all if there are none."""
    if part.raw.targets is None:
        return [""] * len(rows)
    return [str(target) for target in part.raw.targets[rows].tolist()]


def _codes(values: list[Any]) -> np.ndarray:
    """Return a number for each value: one for `1` and `1.0`, and one for NaN."""
    known: dict[Any, int] = {}
    codes = {value: known.setdefault(_number(value), len(known)) for value in {*values}}
    return np.array([codes[value] for value in values], int)


def _number(value: Any) -> Any:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return value
    return None if math.isnan(number) else number
