"""Splits that keep groups of rows together, such as all rows of a patient."""

from collections import Counter
from fractions import Fraction

import numpy as np

from kerasdl.data.order import permutation
from kerasdl.data.split import parted
from kerasdl.errors import DataError


def hold_out_groups(
    rows: np.ndarray,
    groups: np.ndarray,
    labels: np.ndarray | None,
    fraction: float,
    seed: int,
    part: str,
    source: str,
) -> tuple[np.ndarray, np.ndarray]:
    """Split rows in two, so that no group is on both sides.

    Groups come in random order. One is held out if that brings the rows of each class
    closer to the fraction, by the sum of squares. All sums are of integers, so the split
    is the same on every machine. scikit-learn's `StratifiedGroupKFold` sorts by sums of
    floats, and its `GroupShuffleSplit` counts groups instead of rows.

    `groups` is the name of the group of every example, `str` objects, and `source` is
    the name of the groups, for messages. The rest is as in `split.hold_out`.

    Raises:
        DataError: If there are fewer than two groups.
    """
    if fraction == 0:
        return rows, rows[:0]
    names, members = np.unique(groups[rows], return_inverse=True)
    if len(names) < 2:
        what = f"cannot split a {part} set off {source}: {len(names)} group is left"
        hint = f"give more groups, or change data.{part}_fraction or data.group"
        raise DataError(what, hint)
    classes = np.zeros(len(rows), int)
    if labels is not None:
        _, classes = np.unique(labels[rows], return_inverse=True)
    counts = [Counter[int]() for _ in names]
    for member, one_class in zip(members.tolist(), classes.tolist(), strict=True):
        counts[member][one_class] += 1
    order = permutation(len(names), seed, "split", part).tolist()
    is_held = np.isin(
        members, _held_groups([counts[n] for n in order], fraction, order)
    )
    return parted(rows, is_held)


def _held_groups(
    counts: list[Counter[int]], fraction: float, names: list[int]
) -> list[int]:
    """Return the names of the groups to hold out: at least one, and not all.

    Args:
        counts: Rows of each class in each group.
        fraction: Fraction of the rows to hold out.
        names: Name of each group.
    """
    share = Fraction(fraction).limit_denominator(1000)
    lacking = Counter[int]()  # in units of 1 / denominator
    for count in counts:
        for one_class, number in count.items():
            lacking[one_class] += number * share.numerator

    def gain(count: Counter[int]) -> int:
        """Return by how much a group brings the sum of squares down."""
        return sum(
            number * (2 * lacking[one_class] - number * share.denominator)
            for one_class, number in count.items()
        )

    held = []
    for name, count in zip(names, counts, strict=True):
        if gain(count) > 0:
            held.append(name)
            for one_class, number in count.items():
                lacking[one_class] -= number * share.denominator
    best = max(zip(names, counts, strict=True), key=lambda group: gain(group[1]))
    smallest = min(zip(names, counts, strict=True), key=lambda group: group[1].total())
    if len(held) == len(names):
        held.remove(smallest[0])
    return held or [best[0]]
