"""Examples that are damaged a little, to see how much a model depends on it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from kerasdl.data.preprocessing import Part
from kerasdl.seeds import derive_seed


class Corrupted(NamedTuple):
    """Damaged examples.

    Args:
        name: What was done to them.
        severity: How much of it, with the unit.
        part: As many examples, in the same order; they need no targets.
    """

    name: str
    severity: str
    part: Part


def uniform(
    seed: int, name: str, rows: np.ndarray, shape: Sequence[int] = ()
) -> np.ndarray:
    """Return draws in (0, 1) for rows, each a pure function of the seed and the row.

    Args:
        seed: The seed.
        name: Name of the corruption, so that others draw other numbers.
        rows: Numbers of the rows, of shape `(rows,)`.
        shape: Shape of the draws of a row.

    Returns:
        float64 of shape `(rows, *shape)`.
    """
    drawn = np.empty((len(rows), int(np.prod(shape))))
    for place, row in enumerate(rows.tolist()):
        stream = np.random.Philox(key=derive_seed(seed, "corrupted", name, row))
        # Raw words are the same in every version of NumPy.
        drawn[place] = (stream.random_raw(drawn.shape[1]) >> np.uint64(11)) + 0.5
    return drawn.reshape(len(rows), *shape) / 2.0**53


def normal(
    seed: int, name: str, rows: np.ndarray, shape: Sequence[int] = ()
) -> np.ndarray:
    """Return standard normal draws for rows; the arguments as for `uniform`."""
    from scipy.special import ndtri

    return ndtri(uniform(seed, name, rows, shape))
