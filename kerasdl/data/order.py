"""The order in which examples are visited, from the seed and the epoch alone."""

import numpy as np

from kerasdl.seeds import derive_seed


def permutation(count: int, seed: int, *place: str | int) -> np.ndarray:
    """Return a random order of `count` items.

    It sorts raw Philox words (Salmon et al. 2011, section 3.2). NumPy guarantees raw
    words across its versions, which it does not for `Generator.permutation`: a run that
    is taken up again later still visits the same examples.

    Args:
        count: Number of items.
        seed: The seed of the run.
        *place: What the order is for, such as `"epoch", 3`.

    Returns:
        Integers of shape `(count,)`, each of `0 … count - 1` once.
    """
    words = np.random.Philox(key=derive_seed(seed, "order", *place)).random_raw(count)
    return np.argsort(words, kind="stable")


def epoch_order(count: int, seed: int, epoch: int) -> np.ndarray:
    """Return the order of the training examples in one epoch (0-based)."""
    return permutation(count, seed, "epoch", epoch)
