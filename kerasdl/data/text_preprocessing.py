"""Encoding of texts as token ids, fitted on a training split."""

import operator
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

import numpy as np

from kerasdl.data.examples import ArrayExamples, Examples
from kerasdl.data.preprocessing import Part, Preprocessing
from kerasdl.data.signature import Input, Signature
from kerasdl.data.targets import Origin, Targets
from kerasdl.data.texts import Texts
from kerasdl.data.tokens import tokenizer

PADDING, UNKNOWN, FIRST = range(3)
"""Reserved ids of labelled texts: padding, an unknown token, and the token that starts
every text."""
MAX_TOKENS = 1_000_000
"""Maximum tokens per input."""


@dataclass(frozen=True)
class TextExamples(ArrayExamples):
    """Token ids and targets, with the texts that they encode.

    Args:
        texts: One text per example, or one document that was cut into windows.
        token_ids: Token ids of that document, int32 of shape `(tokens,)`.
    """

    texts: tuple[str, ...]
    token_ids: np.ndarray | None = None


@dataclass(frozen=True)
class TextPreprocessing(Preprocessing):
    """Vocabulary and window settings of a training split.

    Args:
        tokens: `"characters"` or `"words"`.
        max_length: Tokens per input.
        vocabulary: Tokens with ids, most frequent first.
        windows: Whether inputs are windows of one document, for next-token
            prediction; otherwise each input is a text.
        stride: Tokens between the starts of two training windows.
    """

    tokens: str
    max_length: int
    vocabulary: tuple[str, ...]
    windows: bool
    stride: int

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Next tokens for windows, given labels for texts."""
        return ("next",) if self.windows else ("given",)

    @property
    def reserved(self) -> int:
        """Number of reserved ids; windows reserve only 0, for unknown tokens."""
        return 1 if self.windows else 3

    @property
    def vocabulary_size(self) -> int:
        """Number of token ids."""
        return len(self.vocabulary) + self.reserved

    @property
    def signature(self) -> Signature:
        """One input of token ids."""
        return {"inputs": Input((self.max_length,), "int32", self.vocabulary_size)}

    def examples(
        self, part: Part, targets: Targets, learning: bool = False
    ) -> TextExamples:
        """Return token ids, with encoded labels or next tokens as targets."""
        raw: Texts = part.raw
        texts = tuple(raw.texts[row] for row in part.rows)
        if not self.windows:
            labels = raw.targets
            assert labels is not None
            y = targets.encode(labels, part.rows, raw.source)
            return TextExamples(self.padded(texts), y, texts)
        [text] = texts
        stride = self.stride if learning else self.max_length
        ids = self.ids(text)
        return TextExamples(*self.cut(ids, stride), texts, ids)

    def inputs(self, part: Part) -> np.ndarray:
        """Return padded token ids, or the windows of a document."""
        texts = [part.raw.texts[row] for row in part.rows]
        if not self.windows:
            return self.padded(texts)
        return self.cut(self.ids(texts[0]), self.max_length)[0]

    def padded(self, texts: Sequence[str]) -> np.ndarray:
        """Return padded token ids for classification.

        Returns:
            int32 of shape `(texts, max_length)`: `FIRST`, then the ids of the text's
            first tokens, then `PADDING`.
        """
        padded = np.full((len(texts), self.max_length), PADDING, "int32")
        padded[:, 0] = FIRST
        tokenize, ids = tokenizer(self.tokens), self._ids()
        for row, text in zip(padded[:, 1:], texts, strict=True):
            known = [ids.get(token, UNKNOWN) for token in tokenize(text)][: len(row)]
            row[: len(known)] = known
        return padded

    def ids(self, text: str) -> np.ndarray:
        """Return the ids of a document, 0 for unknown: int32 of shape `(tokens,)`."""
        ids = self._ids()
        known = (ids.get(token, 0) for token in tokenizer(self.tokens)(text))
        return np.fromiter(known, "int32")

    def cut(self, ids: np.ndarray, stride: int) -> tuple[np.ndarray, np.ndarray]:
        """Cut a document into windows and their next tokens.

        Args:
            ids: Token ids of shape `(tokens,)`; fewer than `max_length + 1` give no
                window.
            stride: Tokens between the starts of two windows.

        Returns:
            The complete windows, and the token after each of their tokens: both int32
            of shape `(windows, max_length)`.
        """
        length = self.max_length
        if len(ids) <= length:
            return np.empty((0, length), "int32"), np.empty((0, length), "int32")
        views = np.lib.stride_tricks.sliding_window_view(ids, length + 1)[::stride]
        return np.ascontiguousarray(views[:, :-1]), np.ascontiguousarray(views[:, 1:])

    def linear_features(
        self, train: Examples, test: Examples, rows: np.ndarray
    ) -> tuple[str, Any, Any]:
        """Return TF-IDF weights of words; see `Preprocessing.linear_features`."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        weights = TfidfVectorizer()
        texts = cast(TextExamples, train).texts
        x = weights.fit_transform([texts[row] for row in rows])
        return "tf-idf_", x, weights.transform(cast(TextExamples, test).texts)

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "TextPreprocessing":
        """Return the preprocessing that `to_json` describes.

        Raises:
            KeyError, TypeError, ValueError: If the values are damaged.
        """
        preprocessing = cls(**{**values, "vocabulary": tuple(values["vocabulary"])})
        if not all(
            isinstance(text, str)
            for text in (preprocessing.tokens, *preprocessing.vocabulary)
        ):
            raise TypeError("a token is not a string")
        if preprocessing.tokens not in ("characters", "words"):
            raise ValueError(f"tokens are {preprocessing.tokens!r}")
        if type(preprocessing.windows) is not bool:
            raise TypeError(f"windows is {preprocessing.windows!r}")
        for name in ("max_length", "stride"):
            if not 0 < operator.index(getattr(preprocessing, name)) <= MAX_TOKENS:
                raise ValueError(f"{name} is {getattr(preprocessing, name)}")
        return preprocessing

    def _ids(self) -> dict[str, int]:
        return {
            token: number for number, token in enumerate(self.vocabulary, self.reserved)
        }
