"""Training, validation and test rows, from the seed alone."""

import numpy as np

from kerasdl.data.order import permutation
from kerasdl.errors import DataError
from kerasdl.seeds import derive_seed


def hold_out(
    rows: np.ndarray,
    labels: np.ndarray | None,
    fraction: float,
    seed: int,
    part: str,
    source: str,
) -> tuple[np.ndarray, np.ndarray]:
    """Split rows in two, each class in proportion.

    Args:
        rows: Row numbers of shape `(rows,)`.
        labels: The class of every example, or None to split without classes.
        fraction: Share of the rows to hold out, in `[0, 1)`.
        seed: The seed of the run.
        part: What is held out: `"test"` or `"validation"`.
        source: Where the data comes from, for messages.

    Returns:
        The rows kept and the rows held out, each in ascending order.

    Raises:
        DataError: If there are too few rows, or too few of a class, to split.
    """
    from sklearn.model_selection import train_test_split

    if fraction == 0:
        return rows, rows[:0]
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


def hold_out_documents(
    rows: np.ndarray, sizes: np.ndarray, fraction: float, seed: int, part: str
) -> tuple[np.ndarray, np.ndarray]:
    """Split whole documents in two, their characters in about that proportion.

    Args:
        rows: Row numbers of shape `(rows,)`.
        sizes: The characters of every document, integers of shape `(documents,)`.
        fraction: Share of the characters to hold out, in `[0, 1)`.
        seed: The seed of the run.
        part: What is held out: `"test"` or `"validation"`.

    Returns:
        The rows kept and the rows held out, each in ascending order.
    """
    shuffled = rows[permutation(len(rows), seed, "split", part)]
    ends = np.cumsum(sizes[shuffled])
    middles = ends - sizes[shuffled] / 2
    held_out = middles < fraction * sizes[rows].sum()
    return np.sort(shuffled[~held_out]), np.sort(shuffled[held_out])
