"""The task that the targets of texts suggest."""

from collections.abc import Sequence

import numpy as np

from kerasdl.data.table.spelling import Spelling
from kerasdl.data.table.suggested_task import suggested_task
from kerasdl.data.table.table import Table
from kerasdl.data.texts import Texts
from kerasdl.errors import DataError

MAX_CLASSES = 1000
"""Whole numbers of more values than this are not classes of texts."""


def suggested_of_lines(
    raw: Texts, targets: Sequence[str], stated: str | None
) -> tuple[str, str] | None:
    """Return the task that values of JSON suggest, and why.

    Args:
        raw: The texts, with labels of any type.
        targets: Keys of the labels.
        stated: The task of the preset. None is returned if the labels allow it.

    Raises:
        DataError: If a target has one value alone, or several suggest no task for all.
    """
    if len(targets) > 1:
        spelling = Spelling(missing=())  # null is missing, "NA" is a word
        return suggested_task(_as_table(raw, targets), targets, spelling, {}, stated)
    types, distinct = {*map(type, raw.labels)}, len({*raw.labels})
    shown = f"{targets[0]!r} holds {distinct:,} different"
    if frozenset in types:
        return "multi-label", f"{targets[0]!r} holds lists of names"
    if distinct < 2:
        what = f"the target {targets[0]!r} of {raw.source} has one value"
        raise DataError(what, "choose another target")
    if not types <= {int, float}:
        return "classification", f"{shown} texts"
    if stated == "regression" or (stated and float not in types):
        return None
    if float in types or distinct > MAX_CLASSES:
        return "regression", f"{shown} numbers"
    return "classification", f"{shown} whole numbers"


def _as_table(raw: Texts, targets: Sequence[str]) -> Table:
    columns = {}
    for name, labels in zip(targets, zip(*raw.labels, strict=True), strict=True):
        columns[name] = np.array([*map(str, labels)], object)
    assert raw.table is not None
    return Table(raw.source, columns, raw.table.lines)
