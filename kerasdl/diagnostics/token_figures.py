"""Figures of a language model: bits by position, and what surprised it."""

from collections.abc import Callable

import numpy as np

from kerasdl.figures import Cell, Lines, Table

POINTS = 128
"""Points of a curve, at most."""
PIECE = 16
"""Tokens of a piece of text."""
MOST_PIECES = 12
"""Pieces that are shown."""
CONTEXT = 32
"""Tokens that are shown before a piece."""


def bits_of_tokens(logits: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Return how many bits each token costs, float64 of shape `(windows, time)`.

    Args:
        logits: Floats of shape `(windows, time, tokens)`.
        ids: The tokens, integers of shape `(windows, time)`.
    """
    from scipy.special import logsumexp

    totals = np.stack([logsumexp(each.astype("float64"), axis=-1) for each in logits])
    own = np.take_along_axis(logits, ids[..., None], -1)[..., 0]
    return (totals - own) / np.log(2)


def bits_by_position(bits: np.ndarray) -> Lines:
    """Return the mean bits by position in the window; later ones have more context.

    Args:
        bits: Bits of each token, of shape `(windows, time)`.
    """
    parts = np.array_split(np.arange(bits.shape[1]), min(POINTS, bits.shape[1]))
    return Lines(
        "Bits by position in the window",
        "position",
        "bits per token",
        ["mean"],
        [[int(part[0]) + 1 for part in parts]],
        [[float(bits[:, part].mean()) for part in parts]],
        note=f"Over {len(bits):,} windows. Later tokens are predicted from more text.",
    )


def surprising(
    bits: np.ndarray, ids: np.ndarray, spelled: Callable[[np.ndarray], str]
) -> Table:
    """Return the pieces of text that cost most bits, each of `PIECE` tokens or fewer.

    Args:
        bits: Bits of each token, of shape `(windows, time)`.
        ids: The tokens, of shape `(windows, time)`.
        spelled: Returns the text of tokens.
    """
    count, time = bits.shape
    size = min(PIECE, time)
    pieces = time // size
    means = bits[:, : pieces * size].reshape(count, pieces, size).mean(-1)
    rows: list[list[Cell]] = []
    for place in np.argsort(-means, axis=None, kind="stable")[:MOST_PIECES].tolist():
        window, piece = divmod(place, pieces)
        start = piece * size
        before = ids[window, max(0, start - CONTEXT) : start]
        own = ids[window, start : start + size]
        shown = visible(spelled(before)), visible(spelled(own))
        rows.append([*shown, float(means[window, piece])])
    note = f"Pieces of {size} tokens; the mean of all tokens is {bits.mean():.4g} bits."
    columns = ["text before", "piece", "bits per token"]
    return Table("The most surprising pieces of text", columns, rows, note)


def visible(text: str) -> str:
    """Return a text in one line, with its line ends marked."""
    return text.replace("\n", "↵").replace("\t", "→")
