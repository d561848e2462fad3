"""Texts of which some tokens are hidden, and shall be found."""

from dataclasses import dataclass, replace

import numpy as np

from kerasdl.data.corrupted import uniform
from kerasdl.data.examples import Examples

HIDDEN = 0.15
"""Share of the tokens that are to be found."""
MASKED, DRAWN = 0.8, 0.1
"""Of these, the share that becomes the mask, and the share that becomes any token; the
rest stay. Devlin et al. 2019, https://arxiv.org/abs/1810.04805, section 3.1."""
NO_TARGET = -1
"""The target of a token that is not to be found."""


@dataclass(frozen=True)
class MaskedTexts(Examples):
    """Token ids with some hidden, and as targets the ids that were there.

    Args:
        ids: Token ids, int32 of shape `(texts, time)`.
        may_hide: Where a token of a text stands, not padding or a special one; booleans
            of that shape.
        mask: The id that hides a token.
        tokens: The first and the last of the ids that may stand for one.
        seed: The seed of the draws.
        changes: Whether they differ from epoch to epoch, as in training.
    """

    ids: np.ndarray
    may_hide: np.ndarray
    mask: int
    tokens: tuple[int, int]
    seed: int = 0
    changes: bool = False

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self.ids)

    def take(self, rows: np.ndarray, epoch: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Return ids and targets, both int32 of shape `(rows, time)`."""
        name = f"mask/{epoch if self.changes else 0}"
        draws = uniform(self.seed, name, rows, (3, self.ids.shape[1]))
        whether, how, which = draws.transpose(1, 0, 2)
        ids, hidden = self.ids[rows], self.may_hide[rows] & (whether < HIDDEN)
        first, last = self.tokens
        drawn = first + (which * (last + 1 - first)).astype("int32")
        x = np.where(hidden & (how < MASKED), self.mask, ids)
        x = np.where(hidden & (how >= MASKED) & (how < MASKED + DRAWN), drawn, x)
        return x.astype("int32"), np.where(hidden, ids, NO_TARGET).astype("int32")

    def resident(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Return all ids and targets; None if they change from epoch to epoch."""
        return None if self.changes else self.take(np.arange(len(self)))

    def targets(self) -> None:
        """Return None: they differ from epoch to epoch."""

    def some(self, rows: np.ndarray) -> "MaskedTexts":
        """Return some of the texts."""
        return replace(self, ids=self.ids[rows], may_hide=self.may_hide[rows])

    def plain(self) -> "MaskedTexts":
        """Return the texts with the tokens hidden that the first epoch hides."""
        return replace(self, changes=False)
