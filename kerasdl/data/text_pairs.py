"""Pairs of texts, the second of which is to be written."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from kerasdl.data.examples import Examples
from kerasdl.finding import Finding


@dataclass(frozen=True)
class TextPairs(Examples):
    """Token ids of sources and of what is written so far, and the next tokens.

    Args:
        ids: int32 of shape `(pairs, 2, time)`: the source, and the target behind the
            token that begins it; 0 is padding.
        following: The target with the token that ends it, int32 of shape
            `(pairs, time)`; `NO_TARGET` is padding.
        sources: The text that each pair begins with.
        written: The text that is to be written.
        end: Id of the token that ends a target.
        spelled: Returns the texts of ids, which may end early.
        cut: How many sources and targets are longer than `time`.
    """

    ids: np.ndarray
    following: np.ndarray
    sources: tuple[str, ...]
    written: tuple[str, ...]
    end: int
    spelled: Callable[[np.ndarray], list[str]]
    cut: tuple[int, int] = (0, 0)

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.ids)

    def take(self, rows: np.ndarray, epoch: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Return ids and next tokens; every epoch is the same."""
        return self.ids[rows], self.following[rows]

    def resident(self) -> tuple[np.ndarray, np.ndarray]:
        """Return all ids and next tokens."""
        return self.ids, self.following

    def some(self, rows: np.ndarray) -> "TextPairs":
        """Return some of the pairs."""
        texts = {
            name: tuple(getattr(self, name)[row] for row in rows)
            for name in ("sources", "written")
        }
        ids, following = self.take(rows)
        return replace(self, ids=ids, following=following, **texts)

    def findings(self) -> list[Finding]:
        """Return how many texts are cut."""
        found = []
        for what, count in zip(("sources", "targets"), self.cut, strict=True):
            if count:
                line = f"{count:,} of {len(self):,} {what} are cut after"
                line = f"{line} {self.ids.shape[2]:,} tokens"
                hint = "raise data.max_length to read more"
                found.append(
                    Finding(
                        "truncated", line, hint, "data.max_length", count, "", "info"
                    )
                )
        return found
