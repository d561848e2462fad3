"""Encoding of pairs of texts, the second of which is to be written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, cast

import numpy as np

from kerasdl.data.masked_texts import NO_TARGET
from kerasdl.data.preprocessing import Part, Portable
from kerasdl.data.signature import Input, Signature
from kerasdl.data.subwords.encoder import BROKEN
from kerasdl.data.targets import Origin, Targets
from kerasdl.data.text_pairs import TextPairs
from kerasdl.data.text_preprocessing import (
    FIRST,
    MAX_TOKENS,
    PADDING,
    UNKNOWN,
    TextPreprocessing,
)


@dataclass(frozen=True)
class PairPreprocessing(TextPreprocessing):
    """Vocabulary of both texts of a pair; each has `max_length` tokens at most.

    A target begins and ends with special tokens: those around a text of the tokenizer,
    or `FIRST` on both sides, as in Lewis et al. 2020, https://arxiv.org/abs/1910.13461.
    """

    pairs: bool = True

    @property
    def origins(self) -> tuple[Origin, ...]:
        """The other text of a pair."""
        return ("pairs",)

    @property
    def signature(self) -> Signature:
        """One input of the token ids of both texts."""
        shape = (2, self.max_length)
        return {"inputs": Input(shape, "int32", self.vocabulary_size)}

    @property
    def portable(self) -> Portable:
        """A script that writes a text for another."""
        return self._portable("pairs")

    @property
    def marks(self) -> tuple[int, int]:
        """Ids of the tokens that begin and end a target."""
        if self.subwords is None:
            return FIRST, FIRST
        begin = self.subwords.before[0]
        return begin, next(iter(self.subwords.after), begin)

    def examples(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, part: Part, targets: Targets, learning: bool = False
    ) -> TextPairs:
        """Return pairs, with the next tokens as targets."""
        labels = [str(part.raw.labels[row]) for row in part.rows]
        sources, lengths = self.padded_with_lengths(self._texts(part))
        ids, following = self._begun(sources), np.full_like(sources, NO_TARGET)
        cut = [int((lengths > self.max_length).sum()), 0]
        _, end = self.marks
        for row, own in enumerate(self._unmarked(labels)):
            whole = [*own, end][: self.max_length]
            following[row, : len(whole)] = whole
            ids[row, 1, 1 : len(whole)] = whole[:-1]
            cut[1] += len(own) >= self.max_length
        return TextPairs(
            ids,
            following,
            tuple(self._texts(part)),
            tuple(labels),
            end,
            self.written,
            (cut[0], cut[1]),
        )

    def inputs(self, part: Part) -> np.ndarray:
        """Return sources, and targets that only begin."""
        return self._begun(self.padded(self._texts(part)))

    def written(self, ids: np.ndarray) -> list[str]:
        """Return the texts of ids `(texts, time)`, each before its first special token.

        A token that the vocabulary lacks is `BROKEN`.
        """
        begin, end = self.marks
        ends = np.isin(ids, (PADDING, NO_TARGET, begin, end))
        lengths = np.where(ends.any(1), ends.argmax(1), ids.shape[1])
        return [
            self._spelled(row[:length])
            for row, length in zip(ids, lengths, strict=True)
        ]

    def decoded(self, features: np.ndarray) -> dict[str, np.ndarray]:
        """Return the texts that a model writes.

        Args:
            features: Ids of shape `(texts, time)`.
        """
        texts = self.written(features.astype("int64"))
        return {"prediction": np.array(texts, object)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Return the preprocessing that `to_json` describes; raises as its base does."""
        preprocessing = super().from_json(values)
        if preprocessing.windows or preprocessing.pairs is not True:
            raise ValueError("pairs of texts are no windows")
        return preprocessing

    def _texts(self, part: Part) -> list[str]:
        return [part.raw.texts[row] for row in part.rows]

    def _begun(self, sources: np.ndarray) -> np.ndarray:
        ids = np.full((len(sources), 2, self.max_length), PADDING, "int32")
        ids[:, 0], ids[:, 1, 0] = sources, self.marks[0]
        return ids

    def _unmarked(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of texts without special tokens."""
        if self.subwords is None:
            return [[*self._numbered(text, UNKNOWN)] for text in texts]
        before, after = len(self.subwords.before), len(self.subwords.after)
        whole = self.subwords.labelled(texts, MAX_TOKENS)
        return [ids[before : len(ids) - after] for ids, _ in whole]

    def _spelled(self, ids: np.ndarray) -> str:
        if self.subwords:
            return self.subwords.decoded(ids - self.subwords.offset)
        return "".join(
            BROKEN if n == UNKNOWN else self.vocabulary[n - self.reserved]
            for n in cast("list[int]", ids.tolist())
        )
