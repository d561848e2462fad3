"""Windows of token ids that are cut when they are taken."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kerasdl.data.examples import Examples, is_large
from kerasdl.data.subwords.encoder import Encoder

MOST_DECODED = 5_000_000
"""Tokens of which the characters are counted, and of which baselines read."""


@dataclass(frozen=True)
class TokenWindows(Examples):
    """Windows of token ids, and the token after each of their tokens.

    Args:
        ids: Token ids of a text of shape `(tokens,)`, which may be mapped.
        length: Tokens of a window.
        stride: Tokens between the starts of two windows.
        encoder: The tokenizer of the ids.
    """

    ids: np.ndarray
    length: int
    stride: int
    encoder: Encoder

    has_unknown = False
    """Whether the id 0 stands for any unknown character."""

    def __len__(self) -> int:
        """Return the number of windows."""
        return max(0, (len(self.ids) - self.length - 1) // self.stride + 1)

    def take(self, rows: np.ndarray, epoch: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Return windows and the tokens after theirs: int32 of `(batch, length)`."""
        ids = self._views[rows].astype("int32")
        return ids[:, :-1], ids[:, 1:]

    @property
    def takes_long(self) -> bool:
        """Whether ids are read from a file."""
        return self._is_large

    def resident(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Return all windows, unless they take too much memory."""
        return None if self._is_large else self._all

    def targets(self) -> np.ndarray | None:
        """Return all next tokens, unless they take too much memory."""
        return None if self._is_large else self._all[1]

    @property
    def _is_large(self) -> bool:
        return is_large((len(self), self.length))

    @cached_property
    def _all(self) -> tuple[np.ndarray, np.ndarray]:
        return self.take(np.arange(len(self)))

    @property
    def _views(self) -> np.ndarray:
        """Each window and the token after it, a view of `(windows, length + 1)`."""
        if not len(self):
            return np.empty((0, self.length + 1), self.ids.dtype)
        whole = np.lib.stride_tricks.sliding_window_view(self.ids, self.length + 1)
        return whole[:: self.stride]

    @property
    def token_ids(self) -> np.ndarray:
        """The first ids, `MOST_DECODED` at most."""
        return self.ids[:MOST_DECODED]

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The text of `token_ids`."""
        return (self.encoder.decoded(self.token_ids),)

    @property
    def characters_per_token(self) -> float:
        """Characters per token that the windows predict, of the first `MOST_DECODED`.

        The windows follow one another, and the first token is not predicted.
        """
        ids = self.token_ids[: len(self) * self.length + 1]
        first = len(self.encoder.decoded(ids[:1]))
        return (len(self.encoder.decoded(ids)) - first) / (len(ids) - 1)
