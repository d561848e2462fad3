"""Labels that each example names in a list."""

from collections.abc import Sequence

import numpy as np

from kerasdl.data.table.table import listing
from kerasdl.data.target_error import TargetError
from kerasdl.errors import DataError

MOST_NAMES = 20
"""Names of labels that a message lists."""
MAX_LABELS = 10_000
"""Labels of a model; more are hardly meant."""
MAX_CELLS = 500_000_000
"""Limit of examples × labels, which bounds memory."""


def are_lists(raw: np.ndarray) -> bool:
    """Return whether raw targets are sets of names, of shape `(examples,)`."""
    return raw.ndim == 1 and len(raw) > 0 and isinstance(raw[0], frozenset)


def names_in(raw: np.ndarray) -> tuple[str, ...]:
    """Return the names in all lists, sorted."""
    return tuple(sorted(frozenset().union(*raw)))


def check_lists(raw: np.ndarray, source: str) -> None:
    """Raise `DataError` unless a model can learn from lists of names.

    Args:
        raw: Sets of names, of shape `(examples,)`.
        source: Name of the set or path of the file, for messages.
    """
    names = names_in(raw)
    if not names:
        what = f"no list of {source} names a label"
        raise DataError(what, "give examples with labels")
    if len(names) > MAX_LABELS or len(names) * len(raw) > MAX_CELLS:
        what = f"the lists of {source} name {len(names):,} different labels"
        raise DataError(what, f"give at most {MAX_LABELS:,}, or fewer examples")
    if common := sorted(frozenset.intersection(*raw)):
        shown = listing([*map(repr, common[:MOST_NAMES])], len(common))
        what = f"every list of {source} names {shown}, from which nothing is learned"
        raise DataError(what, "leave it out, or give examples without it")


def encode_lists(
    raw: np.ndarray, rows: np.ndarray, names: Sequence[str], source: str, target: str
) -> np.ndarray:
    """Return 1 for each label that is named, float32 of shape `(rows, labels)`.

    Args:
        raw: Sets of names, of shape `(examples,)`.
        rows: Row numbers.
        names: Names of the labels of the model.
        source: Name of the set or path of the file, for messages.
        target: Name of the array, for messages.

    Raises:
        TargetError: If the model does not know a name.
    """
    places = {name: place for place, name in enumerate(names)}
    encoded = np.zeros((len(rows), len(names)), "float32")
    unknown: dict[int, str] = {}
    for at, row in enumerate(rows.tolist()):
        for name in raw[row]:
            if name in places:
                encoded[at, places[name]] = 1
            else:
                unknown[row] = min(name, unknown.get(row, name))
    if unknown:
        values = np.full(len(raw), "", object)
        values[[*unknown]] = [*unknown.values()]
        shown = listing([*map(repr, names[:MOST_NAMES])], len(names))
        rule, hint = ", a label unknown to the model", f"it knows {shown}"
        raise TargetError(values, unknown, source, rule, hint, target)
    return encoded
