"""What the user should know about a table and its split."""

from collections.abc import Collection, Iterator, Mapping

import numpy as np

from kerasdl.data.parts import Parts
from kerasdl.data.preprocessing import Part
from kerasdl.data.standardise import varies
from kerasdl.data.table.duplicate_rows import duplicate_rows
from kerasdl.data.table.id_columns import id_columns
from kerasdl.data.table.infer import Inferred
from kerasdl.data.table.leaking_columns import leaking_columns
from kerasdl.data.table.table import MOST_PLACES, listing
from kerasdl.data.table.values import READERS
from kerasdl.finding import Finding

ROUNDED = 5
"""Distinct numbers of a column that varies by rounding alone, at most."""


def ignored_columns(
    inferred: Mapping[str, Inferred], known: Collection[str]
) -> Iterator[Finding]:
    """Yield a finding for each column that is ignored, unless the user knows."""
    for name, each in inferred.items():
        if each.type == "ignored" and name not in known:
            what = f"column {name!r} is ignored: {each.reason}"
            hint = "name it in data.categories to keep it, or in data.ignore"
            yield Finding("column", what, hint, name)


def constant_columns(
    train: Part, inferred: Mapping[str, Inferred]
) -> Iterator[Finding]:
    """Yield a finding for each number or date that is constant in the training rows.

    Args:
        train: The training rows; its `raw` is a `RawTable`.
        inferred: The type of each column.
    """
    table = train.raw.table
    for name, each in inferred.items():
        others = len(table) - len(train.rows)
        if each.type not in READERS:
            continue
        values = READERS[each.type](table, name, each.spelling)[train.rows]
        present = values[~np.isnan(values)]
        if len(present) and varies(present, (0,)):
            continue
        what = f"column {name!r} has one value in the training rows"
        hint = "name it in data.ignore"
        if each.distinct > others + ROUNDED:
            what = f"column {name!r} varies by {np.ptp(present):.3g} alone"
            hint = "give it in other units, or name it in data.ignore"
        what = f"{what}, from which nothing can be learned"
        yield Finding("column", what, hint, name)


def leaks(
    parts: Parts,
    inferred: Mapping[str, Inferred],
    time: str,
    no_values: Collection[str],
    has_classes: bool,
    groups: np.ndarray | None,
) -> Iterator[Finding]:
    """Yield what lets a model score higher on the held-out rows than on new ones.

    Args:
        parts: The parts; their `raw` is a `RawTable`.
        inferred: The type of each column but the target.
        time: Name of the column that orders the rows; empty if there is none.
        no_values: Columns that say how a row is used, not what it is, such as its part.
        has_classes: Whether the targets are classes.
        groups: Group of each row of the table; None for no groups.
    """
    raw = parts.train.raw
    others = {name: each for name, each in inferred.items() if name not in no_values}
    ids = id_columns(raw.table, {n: each for n, each in others.items() if n != time})
    for name, reason in ids.items():
        if inferred[name].type != "ignored":
            what = f"column {name!r} seems to number or name the rows: {reason}"
            hint = "it is kept as a feature; name it in data.ignore to leave it out"
            yield Finding("id-column", what, hint, name)
    columns = [name for name in others if name not in ids]
    columns.sort(key=lambda name: -inferred[name].distinct)  # few rows are left soon
    yield from duplicate_rows(parts, columns)
    if raw.targets is None:
        return
    for place in range(len(raw.target_names)):
        single = _of_target(parts, place)
        yield from leaking_columns(single.train, inferred, has_classes, groups)
        if has_classes:
            yield from unseen_classes(single, raw.targets.ndim > 1)


def _of_target(parts: Parts, place: int) -> Parts:
    """Return the parts with one of their targets alone."""
    train, validation, test = (
        Part(part.raw.with_target(place), part.rows)
        for part in (parts.train, parts.validation, parts.test)
    )
    return Parts(train, validation, test, parts.how)


def unseen_classes(parts: Parts, is_one_of_several: bool) -> Iterator[Finding]:
    """Yield a finding for each part with classes that no training row has."""
    [target] = parts.train.raw.target_names
    of = f" of {target!r}" if is_one_of_several else ""
    seen = {*parts.train.raw.targets[parts.train.rows].tolist()}
    for name in ("validation", "test"):
        part = getattr(parts, name)
        unseen = sorted({*part.raw.targets[part.rows].tolist()} - seen)
        if unseen:
            shown = listing([*map(repr, unseen[:MOST_PLACES])], len(unseen))
            what = f"no training row has the class {shown}{of}, which {name} rows have"
            hint = "split otherwise, or give more rows"
            yield Finding("unseen-class", what, hint, name, len(unseen))
