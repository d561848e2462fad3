"""Shuffled order of examples; it depends on the seed and the epoch only."""

import numpy as np

from kerasdl.seeds import derive_seed


def permutation(count: int, seed: int, *place: str | int) -> np.ndarray:
    """Return a random permutation of `count` items.

    It sorts raw Philox words (Salmon et al. 2011, section 3.2). NumPy keeps raw words
    stable across versions, but not `Generator.permutation`. A run resumed under
    another version therefore visits the same examples.

    Args:
        count: Number of items.
        seed: The seed of the run.
        *place: Purpose of the permutation, such as `"epoch", 3`.

    Returns:
        Integers of shape `(count,)`: each of `0 … count - 1` once.
    """
    words = np.random.Philox(key=derive_seed(seed, "order", *place)).random_raw(count)
    return np.argsort(words, kind="stable")


def epoch_order(count: int, seed: int, epoch: int) -> np.ndarray:
    """Return the order of the training examples in one epoch (0-based)."""
    return permutation(count, seed, "epoch", epoch)
