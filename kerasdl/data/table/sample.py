"""Samples of rows, for checks that need not see all of a large table."""

import numpy as np

from kerasdl.data.order import permutation


def sample(count: int, most: int) -> np.ndarray:
    """Return the positions of all rows, or of a random choice; always the same ones.

    Args:
        count: Number of rows.
        most: Number of rows to choose if there are more.

    Returns:
        Positions in `[0, count)`, ascending.
    """
    if count <= most:
        return np.arange(count)
    return np.sort(permutation(count, 0, "sample")[:most])
