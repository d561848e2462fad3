"""Splits of a table that a column decides: by group, by time, or as its values say."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from kerasdl.data.parts import HoldOut, Parts
from kerasdl.data.split_groups import hold_out_groups
from kerasdl.data.split_time import hold_out_newest
from kerasdl.data.table.infer import ColumnType
from kerasdl.data.table.spelling import Spelling
from kerasdl.data.table.table import Table
from kerasdl.data.table.times import present_texts, read_times
from kerasdl.errors import DataError

MARKS = {
    "train": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "test": "test",
}
"""The part that a value means, in any case."""
USE = "splits the rows"
"""What a column does here, for messages."""


class ColumnSplit(NamedTuple):
    """How a column splits the rows of a table.

    Args:
        rule: Splits rows in two.
        how: Describes the parts.
    """

    rule: HoldOut
    how: Callable[[Parts], str]


def by_group(
    table: Table, name: str, spelling: Spelling, labels: np.ndarray | None, seed: int
) -> ColumnSplit:
    """Keep the rows of each group together; stratify by class as far as they allow.

    Args:
        table: The table.
        name: Name of the column.
        spelling: How its values are spelled.
        labels: Class of every row, or None to split without stratification.
        seed: Seed of the random order of the groups.

    Raises:
        DataError: If there is no such column, or a value is missing; names lines.
    """
    groups = present_texts(table, name, spelling, USE)

    rule = partial(
        hold_out_groups,
        groups=groups,
        labels=labels,
        seed=seed,
        source=f"{table.source} by {name!r}",
    )
    return ColumnSplit(rule, partial(_how_by_group, name=name, groups=groups))


def _how_by_group(parts: Parts, name: str, groups: np.ndarray) -> str:
    counts = [f"{len({*groups[rows]})} in {p}" for p, rows in _own(parts).items()]
    return f"by group {name!r}: {', '.join(counts)}"


def by_time(
    table: Table, name: str, spelling: Spelling, given: ColumnType | None
) -> ColumnSplit:
    """Hold out the newest rows for the test, and the newest others for validation.

    Args:
        table: The table.
        name: Name of the column, of dates or numbers.
        spelling: How its values are spelled.
        given: Its type, if it need not be inferred.

    Raises:
        DataError: As `by_group`, and if the values are neither dates nor numbers.
    """
    times, texts, _ = read_times(table, name, spelling, given, USE)

    rule = partial(hold_out_newest, times=times, source=f"{table.source} by {name!r}")
    how = partial(_how_by_time, name=name, times=times, texts=texts)
    return ColumnSplit(rule, how)


def _how_by_time(parts: Parts, name: str, times: np.ndarray, texts: np.ndarray) -> str:
    borders = [
        f"{part} {texts[rows[times[rows].argmin()]]} to "
        f"{texts[rows[times[rows].argmax()]]}"
        for part, rows in _own(parts).items()
    ]
    return f"by time {name!r}: {', '.join(borders)}"


def as_marked(
    table: Table, name: str, spelling: Spelling, has_test: bool, at_random: HoldOut
) -> ColumnSplit:
    """Split rows as the values of a column say.

    If it marks no row for validation, `at_random` holds them out.

    Args:
        table: The table.
        name: Name of the column, which holds `MARKS`.
        spelling: How missing values are spelled.
        has_test: Whether the test rows are in a table of their own.
        at_random: The rule that holds out rows for validation if none is marked.

    Raises:
        DataError: As `by_group`, if a value is no mark, or if no row is marked for the
            test and `has_test` is false, or some are and it is true.
    """
    texts = present_texts(table, name, spelling, USE)
    means = {text: MARKS.get(text.casefold()) for text in {*texts}}
    if wrong := [row for row, text in enumerate(texts) if means[text] is None]:
        shown = table.places(wrong, texts[wrong])
        what = f"column {name!r} of {table.source}, which data.split names, is {shown}"
        raise DataError(what, "write train, validation or test")
    marks = np.array([means[text] for text in texts], object)
    if (marks == "test").any() == has_test:
        what = f"column {name!r} of {table.source} marks no row for the test"
        hint = "mark some, or name a table of test rows with --test-data"
        if has_test:
            what = f"column {name!r} of {table.source} and --test-data have test rows"
            hint = "remove one of them"
        raise DataError(what, hint)
    others = None if (marks == "validation").any() else at_random
    column = f"column {name!r} of {table.source}"
    rule = partial(_hold_out_marked, marks=marks, others=others, column=column)
    return ColumnSplit(rule, partial(_how_marked, name=name, others=others))


def _hold_out_marked(
    rows: np.ndarray,
    marks: np.ndarray,
    fraction: float,
    part: str,
    others: HoldOut | None,
    column: str,
) -> tuple[np.ndarray, np.ndarray]:
    """Split rows in two as marked; `others`, if given, holds out the validation rows."""
    if part == "validation" and others:
        return others(rows, fraction=fraction, part=part)
    is_held = marks[rows] == part
    if is_held.all():
        raise DataError(f"{column} marks no row for training", "mark some with train")
    return rows[~is_held], rows[is_held]


def _how_marked(parts: Parts, name: str, others: HoldOut | None) -> str:
    validation = f", validation {parts.how}" if others else ""
    return f"as column {name!r} says{validation}"


def _own(parts: Parts) -> dict[str, np.ndarray]:
    """Return the rows of each part that has some, without those of a test table."""
    named = {"train": parts.train, "validation": parts.validation, "test": parts.test}
    return {
        name: part.rows
        for name, part in named.items()
        if part.raw is parts.train.raw and len(part.rows)
    }
