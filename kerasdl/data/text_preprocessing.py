"""How texts become token ids, kept so that new data is treated alike."""

import operator
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from kerasdl.data.examples import ArrayExamples
from kerasdl.data.kinds.kind import Part, Preprocessing
from kerasdl.data.signature import Input, Signature
from kerasdl.data.targets import Targets
from kerasdl.data.texts import Texts
from kerasdl.data.tokens import tokenizer

PADDING, UNKNOWN, FIRST = range(3)
"""Ids of texts with a label: what fills up short texts, a token that the vocabulary
lacks, and the token that stands first in every text."""
LONGEST = 1_000_000
"""Tokens of one input."""


@dataclass(frozen=True)
class TextPreprocessing(Preprocessing):
    """The tokens of a training split that have ids.

    Args:
        tokens: `"characters"` or `"words"`.
        max_length: Tokens of one input.
        vocabulary: The tokens that have ids, the most frequent first.
        windows: Whether inputs are windows of a running text, whose next tokens are
            predicted; else, each is a text.
        stride: Tokens between the beginnings of two windows to learn from.
    """

    tokens: str
    max_length: int
    vocabulary: tuple[str, ...]
    windows: bool
    stride: int

    @property
    def reserved(self) -> int:
        """Ids before those of the vocabulary; windows have the unknown alone, as 0."""
        return 1 if self.windows else 3

    @property
    def vocabulary_size(self) -> int:
        """The number of token ids."""
        return len(self.vocabulary) + self.reserved

    @property
    def signature(self) -> Signature:
        """One input of token ids."""
        return {"inputs": Input((self.max_length,), "int32", self.vocabulary_size)}

    def examples(
        self, part: Part, targets: Targets, learning: bool = False
    ) -> ArrayExamples:
        """Return token ids, and their targets encoded, or the next tokens."""
        raw: Texts = part.raw
        texts = tuple(raw.texts[row] for row in part.rows)
        if not self.windows:
            labels = raw.targets
            assert labels is not None
            y = targets.encode(labels, part.rows, raw.source)
            return ArrayExamples(self.inputs(texts), y, texts)
        [text] = texts
        stride = self.stride if learning else self.max_length
        ids = self.ids(text)
        return ArrayExamples(*self.cut(ids, stride), texts, ids)

    def inputs(self, texts: Sequence[str]) -> np.ndarray:
        """Return texts as a classifier takes them.

        Returns:
            int32 of shape `(texts, max_length)`: `FIRST`, then the ids of a text's first
            tokens, then `PADDING`.
        """
        padded = np.full((len(texts), self.max_length), PADDING, "int32")
        padded[:, 0] = FIRST
        tokenize, ids = tokenizer(self.tokens), self._ids()
        for row, text in zip(padded[:, 1:], texts, strict=True):
            known = [ids.get(token, UNKNOWN) for token in tokenize(text)][: len(row)]
            row[: len(known)] = known
        return padded

    def ids(self, text: str) -> np.ndarray:
        """Return a running text, in which 0 is unknown: int32 of shape `(tokens,)`."""
        ids = self._ids()
        known = (ids.get(token, 0) for token in tokenizer(self.tokens)(text))
        return np.fromiter(known, "int32")

    def cut(self, ids: np.ndarray, stride: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the windows of a running text, and the next tokens.

        Args:
            ids: Its tokens, of shape `(tokens,)`; at least `max_length + 1`, or it has
                no window.
            stride: Tokens between the beginnings of two windows.

        Returns:
            The windows that fit into the text, and for each of their tokens the one
            after it: both int32 of shape `(windows, max_length)`.
        """
        length = self.max_length
        if len(ids) <= length:
            return np.empty((0, length), "int32"), np.empty((0, length), "int32")
        every = np.lib.stride_tricks.sliding_window_view(ids, length + 1)[::stride]
        return np.ascontiguousarray(every[:, :-1]), np.ascontiguousarray(every[:, 1:])

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "TextPreprocessing":
        """Return what `to_json` gave.

        Raises:
            KeyError, TypeError, ValueError: If it is damaged.
        """
        made = cls(**{**values, "vocabulary": tuple(values["vocabulary"])})
        if not all(isinstance(text, str) for text in (made.tokens, *made.vocabulary)):
            raise TypeError("a token is no text")
        if made.tokens not in ("characters", "words"):
            raise ValueError(f"tokens are {made.tokens!r}")
        if type(made.windows) is not bool:
            raise TypeError(f"windows is {made.windows!r}")
        for name in ("max_length", "stride"):
            if not 0 < operator.index(getattr(made, name)) <= LONGEST:
                raise ValueError(f"{name} is {getattr(made, name)}")
        return made

    def _ids(self) -> dict[str, int]:
        return {
            token: number for number, token in enumerate(self.vocabulary, self.reserved)
        }
