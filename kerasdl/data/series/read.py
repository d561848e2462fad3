"""Series to forecast, from tables and from arrays."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from kerasdl.data.arrays import check_numbers
from kerasdl.data.npz import read_npz
from kerasdl.data.series.raw_series import Gap, RawSeries
from kerasdl.data.series.steps import gaps
from kerasdl.data.table.infer import ColumnType
from kerasdl.data.table.spelling import Spelling
from kerasdl.data.table.table import MAX_COLUMNS, Table
from kerasdl.data.table.targets import read_targets
from kerasdl.data.table.times import Times, present_texts, read_times
from kerasdl.data.wrong_places import named
from kerasdl.errors import DataError


class Roles(NamedTuple):
    """The columns of a table of series.

    Args:
        targets: What is predicted, one or more columns.
        time: What orders the steps; empty if they stand in order.
        series: What names several series; empty if there is one.
    """

    targets: tuple[str, ...]
    time: str = ""
    series: str = ""


def from_table(
    table: Table,
    roles: Roles,
    spelling: Spelling,
    time_type: ColumnType | None = None,
) -> RawSeries:
    """Return the series of a table, each sorted by time.

    Args:
        table: The table.
        roles: Its columns.
        spelling: How values are spelled.
        time_type: The type of the times, if it need not be inferred.

    Raises:
        DataError: If a column is absent, a target, a time or a name is missing, a target
            is not a number, or a time occurs twice in a series; names lines.
    """
    values = read_targets(table, roles.targets, spelling, has_classes=False)
    numbers, names = np.zeros(len(table), int), ()
    if roles.series:
        texts = present_texts(table, roles.series, spelling, "names series")
        names = (*dict.fromkeys(texts),)
        known = {name: number for number, name in enumerate(names)}
        numbers = np.array([known[text] for text in texts])
    times = None
    if roles.time:
        times = read_times(table, roles.time, spelling, time_type, "orders steps")
    keys = (numbers,) if times is None else (times.values, numbers)
    order = np.lexsort(keys)
    table, numbers = table.take(order), numbers[order]
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    raw = RawSeries(
        table, roles.targets, values.reshape(len(values), -1)[order], starts, names
    )
    if times is None:
        return raw
    times = Times(times.values[order], times.texts[order], times.are_dates)
    raw = replace(raw, times=times.texts)
    _check_once(raw, times, roles)
    return replace(raw, gaps=_gaps(raw, times))


def _check_once(raw: RawSeries, times: Times, roles: Roles) -> None:
    """Raise `DataError` if a time occurs twice in a series."""
    twice = np.diff(times.values) == 0
    twice[raw.starts[1:] - 1] = False
    if not twice.any():
        return
    rows, place = np.flatnonzero(twice).tolist(), raw.table.place
    if (times.texts[rows] != times.texts[np.add(rows, 1)]).any():
        shown = [f"{raw.time(r)} and {raw.time(r + 1)} at {place(r + 1)}" for r in rows]
        what = f"times of {roles.time!r} of {raw.source} are equal to a microsecond"
        hint = "remove those rows, or number steps that are closer: 0, 1, 2"
        raise DataError(f"{what}: {named(shown)}", hint)
    shown = [f"{raw.time(r)} at {place(r)} and {place(r + 1)}" for r in rows]
    what = f"a time of {roles.time!r} of {raw.source} occurs twice"
    what = f"{what}{' in a series' if raw.names else ''}"
    hint = "remove those rows, or name the column that tells series apart: data.series"
    what = f"{what}: {named(shown)}"
    raise DataError(what, "remove those rows" if roles.series else hint)


def _gaps(raw: RawSeries, times: Times) -> tuple[Gap, ...]:
    """Return the gaps of all series."""
    found = []
    for number, start, end in raw.lengths():
        own = Times(times.values[start:end], times.texts[start:end], times.are_dates)
        found += [Gap(number, start + place) for place in gaps(own).tolist()]
    return tuple(found)


def from_npz(path: Path, features: Sequence[str]) -> RawSeries:
    """Return the series of an array `x` of shape `(series, time, features)`.

    Args:
        path: Path of the file.
        features: Numbers of the features to predict; empty for all.

    Raises:
        DataError: If the file has a `y`, if `x` is absent, has another shape or holds no
            finite numbers, or if it has no such feature.
        UnsafeError: As `load_npz`.
    """
    arrays, members = read_npz(path, ("x",))
    source = str(path)
    if "x" not in arrays:
        raise DataError(f"{source} holds {members}, not x", "save it as x")
    if others := sorted({*members} - {"x"}):
        what = (
            f"{source} also holds {', '.join(others)}, and data.task is to forecast x"
        )
        raise DataError(what, "save x alone, or set data.task to what y is")
    x = arrays["x"]
    check_shape(x, source)
    check_numbers(x, "x", source)
    count, steps, width = x.shape
    if width > MAX_COLUMNS:
        what = f"x of {source} has {width:,} features"
        raise DataError(what, f"give at most {MAX_COLUMNS:,}")
    flat = x.reshape(count * steps, width).astype("float64")
    table = Table(source, {str(place): flat[:, place] for place in range(width)})
    chosen = tuple(features) or tuple(table.columns)
    values = np.stack([table.column(name) for name in chosen], axis=-1)
    names = tuple(map(str, range(count))) if count > 1 else ()
    return RawSeries(table, chosen, values, steps * np.arange(count), names)


def check_shape(x: np.ndarray, source: str) -> None:
    """Raise `DataError` unless `x` holds series."""
    if x.ndim != 3 or 0 in x.shape:
        what = f"x has shape {x.shape} in {source}"
        hint = "give it the shape (series, time, features), none of them 0"
        raise DataError(what, hint)
