"""Windows of token ids that are cut when they are taken."""

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kerasdl.data.examples import Examples, is_large


@dataclass(frozen=True)
class TokenWindows(Examples):
    """Windows of the token ids of a text, and the token after each of their tokens.

    Args:
        ids: Token ids of shape `(tokens,)`, which may be mapped.
        length: Tokens of a window.
        stride: Tokens between the starts of two windows.
    """

    ids: np.ndarray
    length: int
    stride: int

    @property
    @abstractmethod
    def text(self) -> str:
        """The text of `token_ids`."""

    @property
    @abstractmethod
    def token_ids(self) -> np.ndarray:
        """The ids that baselines read, of shape `(tokens,)`."""

    @property
    @abstractmethod
    def characters_per_token(self) -> float:
        """Characters per token that the windows predict.

        The windows follow one another, and the first token is not predicted.
        """

    @property
    def has_unknown(self) -> bool:
        """Whether the id 0 stands for any unknown character."""
        return False

    def __len__(self) -> int:
        """Return the number of complete windows."""
        return max(0, (len(self.ids) - self.length - 1) // self.stride + 1)

    def take(self, rows: np.ndarray, epoch: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Return windows and the tokens after theirs: int32 of `(batch, length)`."""
        ids = self._views[rows].astype("int32")
        return ids[:, :-1], ids[:, 1:]

    @property
    def takes_long(self) -> bool:
        """Whether ids may be read from a file."""
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
        x, y = self.take(np.arange(len(self)))
        return np.ascontiguousarray(x), np.ascontiguousarray(y)

    @property
    def _views(self) -> np.ndarray:
        """Each window and the token after it, a view of `(windows, length + 1)`."""
        if not len(self):
            return np.empty((0, self.length + 1), self.ids.dtype)
        whole = np.lib.stride_tricks.sliding_window_view(self.ids, self.length + 1)
        return whole[:: self.stride]


@dataclass(frozen=True)
class DocumentWindows(TokenWindows):
    """Windows of a text that is in memory.

    Args:
        document: The text.
        starts: The character where each token begins, and the end of the text: integers
            of shape `(tokens + 1,)`.
        zero_is_unknown: Whether the id 0 stands for any unknown character.
    """

    document: str
    starts: np.ndarray
    zero_is_unknown: bool

    @property
    def text(self) -> str:
        """The text."""
        return self.document

    @property
    def token_ids(self) -> np.ndarray:
        """All ids."""
        return self.ids

    @property
    def has_unknown(self) -> bool:
        """Whether the id 0 stands for any unknown character."""
        return self.zero_is_unknown

    @property
    def characters_per_token(self) -> float:
        """Characters per predicted token, from the places where tokens begin."""
        count = len(self) * self.length
        return float(self.starts[count + 1] - self.starts[1]) / count
