"""How texts become token ids, kept so that new data is treated alike."""

import math
import operator
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from kerasdl.config.schema import Data
from kerasdl.data.tokens import most_frequent, tokenizer
from kerasdl.errors import DataError

PADDING, UNKNOWN, FIRST = range(3)
"""Ids in classification: what fills up short texts, a token that the vocabulary lacks,
and the token that stands first in every text."""
LONGEST = 1_000_000
"""Tokens of one input."""
RESERVED = {"classification": 3, "language-modelling": 1}
"""Ids before those of the vocabulary; language modelling has the unknown alone, as 0."""


@dataclass(frozen=True)
class TextPreprocessing:
    """What is learned from the training split.

    Args:
        task: `"classification"` or `"language-modelling"`.
        tokens: `"characters"` or `"words"`.
        max_length: Tokens of one input.
        vocabulary: The tokens that have ids, the most frequent first.
        classes: The name of each class; none in language modelling.
    """

    task: str
    tokens: str
    max_length: int
    vocabulary: tuple[str, ...]
    classes: tuple[str, ...] = ()

    @property
    def vocabulary_size(self) -> int:
        """Return the number of token ids."""
        return len(self.vocabulary) + RESERVED[self.task]

    @property
    def num_outputs(self) -> int:
        """Return the number of classes, or of tokens that may come next."""
        return len(self.classes) or self.vocabulary_size

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Return the shape of one input."""
        return (self.max_length,)

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Return the shape of a model's output for one input."""
        if self.task == "classification":
            return (self.num_outputs,)
        return (*self.input_shape, self.num_outputs)

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
            found = [ids.get(token, UNKNOWN) for token in tokenize(text)][: len(row)]
            row[: len(found)] = found
        return padded

    def targets(self, labels: Sequence[str], source: str) -> np.ndarray:
        """Return classes as the loss takes them: int32 of shape `(texts,)`.

        Raises:
            DataError: If there is a class that the model does not know.
        """
        numbers = {name: number for number, name in enumerate(self.classes)}
        if unknown := sorted(set(labels) - numbers.keys()):
            what = f"{source} has the class {unknown[0]!r}"
            raise DataError(what, f"the model knows {', '.join(self.classes)}")
        return np.array([numbers[label] for label in labels], "int32")

    def ids(self, text: str) -> np.ndarray:
        """Return a text in language modelling: int32 of shape `(tokens,)`."""
        ids = self._ids()
        found = (ids.get(token, 0) for token in tokenizer(self.tokens)(text))
        return np.fromiter(found, "int32")

    def bits_of_unknown(self, ids: np.ndarray) -> float:
        """Return what spelling out unknown characters adds to each one, in bits.

        A model says no more of them than that they are unknown; they then cost as much
        as any of the characters of Unicode that have no id.

        Args:
            ids: Targets of language modelling, of any shape.
        """
        others = sys.maxunicode + 1 - len(self.vocabulary)
        return float((ids == 0).mean() * math.log2(others))

    def windows(self, text: str, stride: int) -> tuple[np.ndarray, np.ndarray]:
        """Return inputs and targets of language modelling.

        Args:
            text: Of at least `max_length + 1` tokens, or it has no window.
            stride: Tokens between the beginnings of two windows.

        Returns:
            The windows that fit into the text, and for each of their tokens the one
            after it: both int32 of shape `(windows, max_length)`.
        """
        ids, length = self.ids(text), self.max_length
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
        lists = {name: tuple(values[name]) for name in ("vocabulary", "classes")}
        found = cls(**{**values, **lists})
        texts = [found.tokens, *found.vocabulary, *found.classes]
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("a token or a class is no text")
        if found.task not in RESERVED or found.tokens not in ("characters", "words"):
            raise ValueError(f"task is {found.task!r}, tokens are {found.tokens!r}")
        if bool(found.classes) != (found.task == "classification"):
            raise ValueError(f"{found.task} has {len(found.classes)} classes")
        if not 0 < operator.index(found.max_length) <= LONGEST:
            raise ValueError(f"max_length is {found.max_length}")
        return found

    def _ids(self) -> dict[str, int]:
        first = RESERVED[self.task]
        return {token: number for number, token in enumerate(self.vocabulary, first)}


def fit_texts(
    texts: Sequence[str], data: Data, classes: Sequence[str] = ()
) -> TextPreprocessing:
    """Return what a training split teaches.

    Args:
        texts: The training split.
        data: Decides the task, the tokens and how many of them.
        classes: The name of each class; none in language modelling.

    Returns:
        It, with a vocabulary of the most frequent tokens.
    """
    count = data.vocabulary_size - RESERVED[data.task]
    vocabulary = most_frequent(texts, data.tokens, count)
    names = tuple(classes)
    return TextPreprocessing(data.task, data.tokens, data.max_length, vocabulary, names)
