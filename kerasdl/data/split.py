"""Training, validation and test splits; they depend on the seed only."""

from functools import partial

import numpy as np

from kerasdl.data.order import permutation
from kerasdl.data.parts import HoldOut
from kerasdl.errors import DataError
from kerasdl.seeds import derive_seed


def at_random(labels: np.ndarray | None, seed: int, source: str) -> HoldOut:
    """Return `hold_out` of all but the rows, the fraction and the part."""
    return partial(hold_out, labels=labels, seed=seed, source=source)


def hold_out(
    rows: np.ndarray,
    labels: np.ndarray | None,
    fraction: float,
    seed: int,
    part: str,
    source: str,
) -> tuple[np.ndarray, np.ndarray]:
    """Split rows in two, stratified by class.

    Args:
        rows: Row numbers of shape `(rows,)`.
        labels: Class of every example, or None to split without stratification.
        fraction: Fraction of the rows to hold out, in `[0, 1)`.
        seed: The seed of the run.
        part: Name of the held-out split, `"test"` or `"validation"`.
        source: Name of the set or path of the file, for messages.

    Returns:
        The rows kept and the rows held out, each in ascending order.

    Raises:
        DataError: If there are too few rows, or too few of one class.
    """
    from sklearn.model_selection import train_test_split

    if fraction == 0:
        return rows, rows[:0]
    if labels is not None:
        found, counts = np.unique(labels[rows], return_counts=True)
        if len(single := found[counts < 2]):
            what = f"cannot split a {part} set off {source}: class {single[0]!s}"
            what = f"{what} has 1 example left"
            raise DataError(what, "give more examples of each class")
    try:
        kept, held_out = train_test_split(
            rows,
            test_size=fraction,
            random_state=derive_seed(seed, "split", part),
            stratify=None if labels is None else labels[rows],
        )
    except ValueError as fault:
        what = f"cannot split a {part} set off {source}: {fault}"
        hint = f"give more examples of each class, or change data.{part}_fraction"
        raise DataError(what, hint) from fault
    return np.sort(kept), np.sort(held_out)


def parted(rows: np.ndarray, is_held: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows kept and the rows held out, each in ascending order."""
    return np.sort(rows[~is_held]), np.sort(rows[is_held])


def hold_out_documents(
    rows: np.ndarray, sizes: np.ndarray, fraction: float, seed: int, part: str
) -> tuple[np.ndarray, np.ndarray]:
    """Split documents in two, with about a fraction of the characters held out.

    Args:
        rows: Row numbers of shape `(rows,)`.
        sizes: Characters of every document, integers of shape `(documents,)`.
        fraction: Fraction of the characters to hold out, in `[0, 1)`.
        seed: The seed of the run.
        part: Name of the held-out split, `"test"` or `"validation"`.

    Returns:
        The rows kept and the rows held out, each in ascending order.
    """
    shuffled = rows[permutation(len(rows), seed, "split", part)]
    ends = np.cumsum(sizes[shuffled])
    middles = ends - sizes[shuffled] / 2
    return parted(shuffled, middles < fraction * sizes[rows].sum())
