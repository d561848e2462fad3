"""How much of the characters of texts is right: chrF."""

from collections import Counter
from collections.abc import Iterable

import numpy as np

LONGEST = 6
"""Characters of the longest pieces that are compared."""
BETA = 2
"""How many times as much recall counts as precision."""


def chrf_counts(written: Iterable[str], truth: Iterable[str]) -> np.ndarray:
    """Return what chrF is computed from.

    Args:
        written: The texts that are scored.
        truth: What they should be.

    Returns:
        Of each text, and of pieces of 1 to `LONGEST` characters: how many are written,
        how many are in the truth, and how many are in both; white space is left out, and
        so is what is written where the truth has no such piece, as in sacreBLEU.
        float64 of shape `(texts, LONGEST, 3)`.
    """
    counts = []
    for own, other in zip(written, truth, strict=True):
        own, other = "".join(own.split()), "".join(other.split())
        for length in range(1, LONGEST + 1):
            pieces, wanted = (_pieces(text, length) for text in (own, other))
            both = pieces & wanted
            compared = pieces.total() if wanted else 0
            counts.append([compared, wanted.total(), both.total()])
    return np.array(counts, "float64").reshape(-1, LONGEST, 3)


def chrf(counts: np.ndarray) -> np.ndarray:
    """Return chrF2 from 0 to 100: Popović 2015, https://aclanthology.org/W15-3049.

    Precision and recall are averaged over the lengths of which both texts have pieces.

    Args:
        counts: As `chrf_counts` returns them, summed over a corpus for its score:
            `(…, LONGEST, 3)`.

    Returns:
        float64 of shape `(…)`; 0 where no piece can be compared.
    """
    written, wanted, both = np.moveaxis(counts, -1, 0)
    is_known = (written > 0) & (wanted > 0)
    lengths = np.maximum(is_known.sum(-1), 1)
    precision, recall = (
        np.where(is_known, both / np.maximum(each, 1), 0).sum(-1) / lengths
        for each in (written, wanted)
    )
    whole = BETA**2 * precision + recall
    found = (1 + BETA**2) * precision * recall / np.where(whole > 0, whole, 1)
    return 100 * found


def _pieces(text: str, length: int) -> Counter[str]:
    return Counter(text[n : n + length] for n in range(len(text) - length + 1))
