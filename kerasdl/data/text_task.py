"""The task that the targets of texts suggest."""

from collections.abc import Sequence

import numpy as np

from kerasdl.data.table.spelling import Spelling
from kerasdl.data.table.suggested_task import suggested_task
from kerasdl.data.table.table import Table
from kerasdl.data.texts import Texts


def suggested_of_lines(
    raw: Texts, targets: Sequence[str], stated: str | None
) -> tuple[str, str] | None:
    """Return the task that values of JSON suggest, and why.

    Args:
        raw: The texts, with labels of any type.
        targets: Keys of the labels.
        stated: The task of the preset. None is returned if the labels allow it.

    Raises:
        DataError: If several targets suggest no task for all.
    """
    if len(targets) > 1:
        return suggested_task(_as_table(raw, targets), targets, Spelling(), {}, stated)
    shown = f"{targets[0]!r} holds"
    types = {*map(type, raw.labels)}
    if frozenset in types:
        return "multi-label", f"{shown} lists of names"
    if float in types:
        return "regression", f"{shown} numbers"
    if stated == "regression" and all(map(_is_number, raw.labels)):
        return None
    return "classification", f"{shown} {len({*raw.labels}):,} different classes"


def _as_table(raw: Texts, targets: Sequence[str]) -> Table:
    columns = {}
    for name, labels in zip(targets, zip(*raw.labels, strict=True), strict=True):
        columns[name] = np.array([*map(str, labels)], object)
    assert raw.table is not None
    return Table(raw.source, columns, raw.table.lines)


def _is_number(label: object) -> bool:
    try:
        float(str(label))
    except ValueError:
        return False
    return True
