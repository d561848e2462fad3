"""Texts that lack characters or words."""

import re
from collections.abc import Iterator, Sequence

import numpy as np

from kerasdl.data.corrupted import uniform

SHARES = 0.05, 0.1, 0.2
"""Shares that are lost."""
WORD = re.compile(r"\S+\s*")


def corrupted_texts(
    texts: Sequence[str], rows: np.ndarray, seed: int
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield what is lost, the share of it, and the texts.

    Args:
        texts: The texts.
        rows: Number of each text, which decides what it loses.
        seed: Seed of the draws.
    """
    for name, pattern in (("characters dropped", None), ("words dropped", WORD)):
        pieces = [
            [*text] if pattern is None else pattern.findall(text) for text in texts
        ]
        drawn = [
            uniform(seed, name, rows[place : place + 1], (len(own),))[0]
            for place, own in enumerate(pieces)
        ]
        for share in SHARES:
            kept = (
                "".join(np.array(own, object)[draws >= share])
                for own, draws in zip(pieces, drawn, strict=True)
            )
            yield name, f"{share:.0%}", tuple(kept)
