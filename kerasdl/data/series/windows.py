"""Which steps can be forecast, and their split by time."""

import math
from typing import NamedTuple

import numpy as np

from kerasdl.data.parts import Parts
from kerasdl.data.preprocessing import Part
from kerasdl.data.series.raw_series import RawSeries
from kerasdl.data.wrong_places import named
from kerasdl.errors import DataError


class Shape(NamedTuple):
    """How much of a series a forecast takes.

    Args:
        window: Steps that are seen.
        horizon: Steps that are predicted.
    """

    window: int
    horizon: int


class Fractions(NamedTuple):
    """How much of each series is held out.

    Args:
        test: Fraction of the steps, the last ones.
        validation: Fraction of the others, the last ones of them.
    """

    test: float
    validation: float

    def borders(self, count: int) -> tuple[int, int]:
        """Return where validation and test begin among steps."""
        test = count - round(self.test * count)
        return test - round(self.validation * test), test


def windows(raw: RawSeries, shape: Shape, first: int, last: int) -> np.ndarray:
    """Return the rows from `first` to before `last` that can be forecast from there.

    Windows may begin before `first`, but neither cross a gap nor leave the series.
    """
    count, runs = len(raw.table), raw.runs
    rows = np.arange(max(first, shape.window), min(last, count) - shape.horizon + 1)
    if not len(rows):
        return rows
    return rows[runs[rows - shape.window] == runs[rows + shape.horizon - 1]]


def all_windows(raw: RawSeries, shape: Shape) -> Part:
    """Return every row that can be forecast.

    Raises:
        DataError: If there is none.
    """
    rows = windows(raw, shape, 0, len(raw.table))
    if not len(rows):
        what = f"no series of {raw.source} has {sum(shape)} steps without a gap"
        hint = f"a window of {shape.window} and a horizon of {shape.horizon} need them"
        raise DataError(what, hint)
    return Part(raw, rows)


def ends(raw: RawSeries, window: int) -> Part:
    """Return the row after the end of each series.

    Raises:
        DataError: If a series is shorter than the window, or has a gap in it.
    """
    wrong, last_gaps = [], {gap.series: gap.step for gap in raw.gaps}
    for number, start, end in raw.lengths():
        if end - start < window:
            wrong.append(f"{raw.called(number)} has {end - start}")
        elif raw.runs[end - window] != raw.runs[end - 1]:
            time = raw.time(last_gaps[number])
            wrong.append(f"{raw.called(number)} has a gap after {time}")
    if wrong:
        what = f"a forecast of {raw.source} needs the last {window} steps without a gap"
        raise DataError(f"{what}: {named(wrong)}", "give more steps, or fill them in")
    return Part(raw, raw.ends)


def split(raw: RawSeries, shape: Shape, fractions: Fractions, stride: int) -> Parts:
    """Hold out the last steps of each series.

    The targets of a window all belong to one part. A window may begin in an earlier one.

    Args:
        raw: The series.
        shape: The steps of a window.
        fractions: How much is held out.
        stride: Steps between two training windows.

    Raises:
        DataError: If a part has no window; says how many steps a series needs.
    """
    rows: list[list[np.ndarray]] = [[], [], []]
    for _, start, end in raw.lengths():
        validation, test = (start + b for b in fractions.borders(end - start))
        bounds = (start, validation), (validation, test), (test, end)
        for part, (first, last) in zip(rows, bounds, strict=True):
            part.append(windows(raw, shape, first, last))
    rows[0] = [part[::stride] for part in rows[0]]
    parts = [Part(raw, np.concatenate(part)) for part in rows]
    empty = [
        name
        for name, part in zip(("training", "validation", "test"), parts, strict=True)
        if not len(part.rows) and (name != "validation" or fractions.validation)
    ]
    if empty:
        longest = max(end - start for _, start, end in raw.lengths())
        what = f"{raw.source} has no {' and no '.join(empty)} window:"
        what = f"{what} its longest series has {longest:,} steps"
        needed = least_steps(shape, fractions)
        hint = f"a window of {shape.window} and a horizon of {shape.horizon} need"
        hint = f"{hint} {needed:,} without a gap; give more, or lower data.window"
        raise DataError(what, hint)
    return Parts(*parts, how=_how(raw, parts))


def least_steps(shape: Shape, fractions: Fractions) -> int:
    """Return the least steps of a series with a window in every part."""
    horizon = shape.horizon
    # Not from the shortest on, which may be a billion steps off.
    count = max(sum(shape), math.floor((horizon - 0.5) / fractions.test))
    if fractions.validation:
        count = max(count, math.floor((horizon - 0.5) / fractions.validation))
    while True:
        validation, test = fractions.borders(count)
        has_validation = test - validation >= horizon or not fractions.validation
        if validation >= sum(shape) and has_validation and count - test >= horizon:
            return count
        count += 1


def _how(raw: RawSeries, parts: list[Part]) -> str:
    """Describe which times the targets of each part have."""
    borders = []
    for name, part in zip(("train", "validation", "test"), parts, strict=True):
        if len(part.rows) and len(raw.starts) == 1:
            first, last = part.rows[0], part.rows[-1] + raw.horizon - 1
            borders.append(f"{name} {raw.time(first)} to {raw.time(last)}")
    return f"by time: {', '.join(borders) or 'the last steps of each series'}"
