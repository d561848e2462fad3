"""Baseline of an n-gram language model."""

import numpy as np

ORDER = 5
"""Tokens of an n-gram: the next token and the four before it."""
MAX_TOKENS = 5_000_000
"""Maximum tokens to count or to score, which bounds time and memory."""


def bits_per_token(
    train: np.ndarray, test: np.ndarray, vocabulary_size: int, order: int = ORDER
) -> float:
    """Return the cross-entropy of a test text under an n-gram model, in bits per token.

    Counts after a context are interpolated with counts after the context without its
    first token, and so on down to the uniform distribution. Weights follow Witten &
    Bell 1991, https://doi.org/10.1109/18.87000, method C: a context seen n times,
    before t different tokens, has weight n / (n + t).

    Args:
        train: Token ids of shape `(tokens,)`; the first `MAX_TOKENS` are counted.
        test: Token ids of shape `(tokens,)`; the first `MAX_TOKENS` are scored.
        vocabulary_size: Number of token ids.
        order: Tokens of the longest n-gram.
    """
    train, test = (text[:MAX_TOKENS].astype("int64") for text in (train, test))
    probabilities = np.full(len(test), 1 / vocabulary_size)
    contexts, test_contexts = np.zeros_like(train), np.zeros_like(test)
    for length in range(min(order, len(train))):
        if length:
            keys, test_keys = (
                _context_keys(*pair, vocabulary_size, length)
                for pair in ((contexts, train), (test_contexts, test))
            )
            known = np.unique(keys[keys >= 0])
            contexts, test_contexts = _index(keys, known), _index(test_keys, known)
        grams = contexts * vocabulary_size + train
        test_grams = test_contexts * vocabulary_size + test
        _interpolate(probabilities, grams, test_grams, test_contexts, vocabulary_size)
    return float(-np.log2(probabilities).mean())


def _context_keys(
    contexts: np.ndarray, text: np.ndarray, vocabulary_size: int, length: int
) -> np.ndarray:
    """Return a key of the `length` tokens before each token; negative if too few."""
    keys = np.full_like(text, -1)
    keys[length:] = contexts[length:] * vocabulary_size + text[:-length]
    return keys


def _index(keys: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the index of each key in the sorted `known` keys, or −1."""
    indices = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[indices] == keys, indices, -1)


def _interpolate(
    probabilities: np.ndarray,
    grams: np.ndarray,
    test_grams: np.ndarray,
    test_contexts: np.ndarray,
    vocabulary_size: int,
) -> None:
    """Interpolate the counts after each test context into `probabilities`, in place."""
    known, counts = np.unique(grams[grams >= 0], return_counts=True)
    totals = np.bincount(known // vocabulary_size, counts)
    distinct = np.bincount(known // vocabulary_size)
    seen = np.flatnonzero(test_contexts >= 0)
    indices, contexts = _index(test_grams[seen], known), test_contexts[seen]
    count = np.where(indices >= 0, counts[indices], 0)
    weighted = count + distinct[contexts] * probabilities[seen]
    probabilities[seen] = weighted / (totals[contexts] + distinct[contexts])
