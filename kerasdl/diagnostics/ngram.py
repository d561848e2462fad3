"""A model of text that counts what follows the last few tokens."""

import numpy as np

ORDER = 5
"""The tokens of an n-gram: the next one, and the four before it."""
MAX_TOKENS = 5_000_000
"""Counted or scored at most, which bounds time and memory."""


def bits_per_token(
    train: np.ndarray, test: np.ndarray, vocabulary_size: int, order: int = ORDER
) -> float:
    """Return the cross-entropy of a test text under counts of a training text.

    What follows a context is mixed with what follows the same context less its first
    token, and so on down to the uniform distribution, in the proportions of Witten &
    Bell 1991, https://doi.org/10.1109/18.87000, method C: a context seen n times, before
    t different tokens, has weight n / (n + t).

    Args:
        train: Token ids of shape `(tokens,)`; the first `MAX_TOKENS` are counted.
        test: Token ids of shape `(tokens,)`; the first `MAX_TOKENS` are scored.
        vocabulary_size: Token ids there are.
        order: The tokens of the longest n-gram.
    """
    train, test = (text[:MAX_TOKENS].astype("int64") for text in (train, test))
    probabilities = np.full(len(test), 1 / vocabulary_size)
    contexts, test_contexts = np.zeros_like(train), np.zeros_like(test)
    for length in range(min(order, len(train))):
        if length:
            keys, test_keys = (
                _lengthened(*pair, vocabulary_size, length)
                for pair in ((contexts, train), (test_contexts, test))
            )
            known = np.unique(keys[keys >= 0])
            contexts, test_contexts = _find(keys, known), _find(test_keys, known)
        grams = contexts * vocabulary_size + train
        test_grams = test_contexts * vocabulary_size + test
        _mix(probabilities, grams, test_grams, test_contexts, vocabulary_size)
    return float(-np.log2(probabilities).mean())


def _lengthened(
    contexts: np.ndarray, text: np.ndarray, vocabulary_size: int, length: int
) -> np.ndarray:
    """Return a number for the `length` tokens before each one, negative for none."""
    keys = np.full_like(text, -1)
    keys[length:] = contexts[length:] * vocabulary_size + text[:-length]
    return keys


def _find(keys: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the place of each key among those known in sorted order, or −1."""
    places = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[places] == keys, places, -1)


def _mix(
    probabilities: np.ndarray,
    grams: np.ndarray,
    test_grams: np.ndarray,
    test_contexts: np.ndarray,
    vocabulary_size: int,
) -> None:
    """Mix what follows each context of the test text into its probabilities."""
    known, counts = np.unique(grams[grams >= 0], return_counts=True)
    totals = np.bincount(known // vocabulary_size, counts)
    kinds = np.bincount(known // vocabulary_size)
    seen = np.flatnonzero(test_contexts >= 0)
    places, contexts = _find(test_grams[seen], known), test_contexts[seen]
    count = np.where(places >= 0, counts[places], 0)
    mixed = count + kinds[contexts] * probabilities[seen]
    probabilities[seen] = mixed / (totals[contexts] + kinds[contexts])
