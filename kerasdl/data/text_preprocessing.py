"""Encoding of texts as token ids, fitted on a training split."""

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, NamedTuple, Self, cast

import numpy as np

from kerasdl.data.examples import Examples
from kerasdl.data.json_tuple import json_tuple
from kerasdl.data.masked_texts import MaskedTexts
from kerasdl.data.preprocessing import Part, Portable, Preprocessing, Sample
from kerasdl.data.signature import Input, Signature
from kerasdl.data.subwords.encoder import BROKEN, Encoder, encoder, portable
from kerasdl.data.targets import Origin, Targets
from kerasdl.data.text_examples import TextExamples
from kerasdl.data.texts import Texts
from kerasdl.data.token_windows import DocumentWindows, TokenWindows
from kerasdl.data.tokens import tokenizer
from kerasdl.errors import DataError

PADDING, UNKNOWN, FIRST = range(3)
"""Reserved ids of labelled texts: padding, an unknown token, and the token that starts
every text."""
MOST_SHOWN = 2_000
"""Characters of a text in a sample."""
MAX_TOKENS = 1_000_000
"""Maximum tokens per input."""


class Document(NamedTuple):
    """Token ids of a document, and the character where each begins: both `(tokens,)`."""

    ids: np.ndarray
    starts: np.ndarray


@dataclass(frozen=True)
class TextPreprocessing(Preprocessing):
    """Vocabulary and window settings of a training split.

    Args:
        tokens: `"characters"`, `"words"` or `"subwords"`.
        max_length: Tokens per input.
        vocabulary: Tokens with ids, most frequent first; empty for subwords.
        windows: Whether inputs are windows of one document, for next-token
            prediction; otherwise each input is a text.
        stride: Tokens between the starts of two training windows.
        tokenizer: Content of the `tokenizer.json` of subwords.
    """

    tokens: str
    max_length: int
    vocabulary: tuple[str, ...]
    windows: bool
    stride: int
    tokenizer: str = ""

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Next tokens for windows; given labels or hidden tokens for texts."""
        return ("next",) if self.windows else ("given", "masked")

    @property
    def reserved(self) -> int:
        """Number of reserved ids; windows reserve only 0, for unknown tokens."""
        return 1 if self.windows else 3

    @cached_property
    def subwords(self) -> Encoder | None:
        """The encoder of subwords, if these are the tokens."""
        return encoder(self.tokenizer) if self.tokenizer else None

    @property
    def vocabulary_size(self) -> int:
        """Number of token ids."""
        if self.subwords:
            return self.subwords.size if self.windows else self.subwords.labelled_size
        return len(self.vocabulary) + self.reserved

    @property
    def signature(self) -> Signature:
        """One input of token ids."""
        return {"inputs": Input((self.max_length,), "int32", self.vocabulary_size)}

    def examples(
        self, part: Part, targets: Targets, learning: bool = False
    ) -> TextExamples | TokenWindows | MaskedTexts:
        """Return token ids, with encoded labels, next or hidden tokens as targets.

        Raises:
            DataError: If a document is shorter than a window, or no token hides others.
        """
        raw: Texts = part.raw
        texts = tuple(raw.texts[row] for row in part.rows)
        if targets.origin == "masked":
            return self._masked(texts, raw.source)
        if not self.windows:
            labels = raw.targets
            assert labels is not None
            y = targets.encode(labels, part.rows, raw.source)
            x, lengths = self.padded_with_lengths(texts)
            return TextExamples(x, y, texts, lengths=lengths)
        [text] = texts
        document = self.document(text, raw.source)
        if len(document.ids) <= self.max_length and (text or learning):
            raise too_short(raw.source, len(document.ids), self.max_length, "tokens")
        return DocumentWindows(
            document.ids,
            self.max_length,
            self.stride if learning else self.max_length,
            text,
            np.append(document.starts, len(text)),
            zero_is_unknown=self.subwords is None,
        )

    def _masked(self, texts: Sequence[str], source: str) -> MaskedTexts:
        """Return texts of which tokens are hidden."""
        ids, size = self.padded(texts), self.vocabulary_size
        if self.subwords is None:
            return MaskedTexts(ids, ids >= FIRST + 1, UNKNOWN, (FIRST + 1, size - 1))
        mask, special = (
            self.subwords.mask,
            (*self.subwords.before, *self.subwords.after),
        )
        if mask is None:
            what = f"the tokenizer of {source} has no token [MASK]"
            raise DataError(what, "give one of BERT, or leave data.tokenizer out")
        may_hide = (ids != PADDING) & ~np.isin(ids, special)
        return MaskedTexts(ids, may_hide, mask, (FIRST + 1, size - 1))

    def words(self, inputs: np.ndarray) -> list[list[str]]:
        """Return the tokens of labelled texts; none of subwords."""
        if self.subwords or self.windows:
            return []
        names = ["", "(unknown)", "(start)", *self.vocabulary]
        return [[names[n] for n in row if n != PADDING] for row in inputs.tolist()]

    def inputs(self, part: Part) -> np.ndarray:
        """Return padded token ids of texts."""
        return self.padded([part.raw.texts[row] for row in part.rows])

    def padded(self, texts: Sequence[str]) -> np.ndarray:
        """Return padded token ids for classification.

        Returns:
            int32 of shape `(texts, max_length)`: `FIRST`, then the ids of the text's
            first tokens, then `PADDING`.
        """
        return self.padded_with_lengths(texts)[0]

    def padded_with_lengths(
        self, texts: Sequence[str]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return padded token ids, and how many tokens each text has before it is cut."""
        padded = np.full((len(texts), self.max_length), PADDING, "int32")
        lengths = np.zeros(len(texts), int)
        for row, (ids, length) in enumerate(self._labelled(texts)):
            padded[row, : len(ids)] = ids
            lengths[row] = length
        return padded, lengths

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has before it is cut."""
        return [length for _, length in self._labelled(texts)]

    def document(self, text: str, source: str) -> Document:
        """Return the ids of a document, where 0 stands for an unknown character.

        Raises:
            DataError: If the tokenizer does not keep each character.
        """
        if self.subwords:
            return Document(*self.subwords.document(text, source))
        ids = np.fromiter(self._numbered(text, 0), "int32")
        return Document(ids, np.arange(len(ids)))

    def spelled(self, ids: np.ndarray) -> str:
        """Return the text of token ids of a document; an unknown one is `BROKEN`."""
        if self.subwords:
            return self.subwords.decoded(ids)
        return "".join(self.vocabulary[n - 1] if n else BROKEN for n in ids.tolist())

    def linear_features(
        self, train: Examples, test: Examples, rows: np.ndarray
    ) -> tuple[str, Any, Any]:
        """Return TF-IDF weights of words; see `Preprocessing.linear_features`."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        weights = TfidfVectorizer()
        texts = cast(TextExamples, train).texts
        x = weights.fit_transform([texts[row] for row in rows])
        return "tf-idf_", x, weights.transform(cast(TextExamples, test).texts)

    @property
    def portable(self) -> Portable:
        """A script that reads texts, or one that continues them."""
        return self._portable("writing" if self.windows else "text")

    def _portable(self, folder: str) -> Portable:
        if not self.tokenizer:
            return Portable(folder, '"a text"')
        files = {"tokenizer.json": portable(self.tokenizer)}
        return Portable(folder, '"a text"', ("tokenizers",), files)

    def sample(self, part: Part) -> Sample | None:
        """Return texts; of a document, its first tokens."""
        texts = [part.raw.texts[row] for row in part.rows]
        most = self.max_length // 2 if self.windows else MOST_SHOWN
        shown = [text.replace("\0", " ")[:most] for text in texts]
        if self.windows and not self.tokenizer:
            known = {*self.vocabulary}
            shown = ["".join(filter(known.__contains__, text)) for text in shown]
        is_whole = shown == texts and not self.windows
        return Sample(shown, {}, len(texts) if is_whole else 0)

    def portable_json(self) -> dict[str, Any]:
        """Return JSON values, with the ids around a text; its tokenizer is a file."""
        values = self.to_json() | {"tokenizer": ""}
        if self.subwords is None:
            return values
        around = {"before": self.subwords.before, "after": self.subwords.after}
        return values | around | {"offset": self.subwords.offset}

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Return the preprocessing that `to_json` describes.

        Raises:
            KeyError, TypeError, ValueError: If the values are damaged.
            UnsafeError: If the tokenizer has parts that no published one has.
        """
        vocabulary = json_tuple(values["vocabulary"])
        preprocessing = cls(**{**values, "vocabulary": vocabulary})
        texts = (preprocessing.tokens, preprocessing.tokenizer, *vocabulary)
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("a token is not a string")
        if preprocessing.tokens not in ("characters", "words", "subwords"):
            raise ValueError(f"tokens are {preprocessing.tokens!r}")
        if (preprocessing.tokens == "subwords") != bool(preprocessing.tokenizer):
            raise ValueError("subwords and a tokenizer need each other")
        if type(preprocessing.windows) is not bool:
            raise TypeError(f"windows is {preprocessing.windows!r}")
        for name in ("max_length", "stride"):
            if not 0 < operator.index(getattr(preprocessing, name)) <= MAX_TOKENS:
                raise ValueError(f"{name} is {getattr(preprocessing, name)}")
        _ = preprocessing.subwords  # or an error now
        return preprocessing

    def _labelled(self, texts: Sequence[str]) -> Iterable[tuple[list[int], int]]:
        """Yield the ids of each text, cut, and how many it has before that."""
        if self.subwords:
            yield from self.subwords.labelled(texts, self.max_length)
            return
        for text in texts:
            ids = [FIRST, *self._numbered(text, UNKNOWN)]
            yield ids[: self.max_length], len(ids)

    def _numbered(self, text: str, unknown: int) -> Iterator[int]:
        return (self._ids.get(token, unknown) for token in self._tokenize(text))

    @cached_property
    def _tokenize(self) -> Callable[[str], Iterable[str]]:
        return tokenizer(self.tokens)

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {
            token: number for number, token in enumerate(self.vocabulary, self.reserved)
        }


def too_short(source: str, count: int, length: int, unit: str) -> DataError:
    """Return the error of a document that is shorter than a window."""
    what = f"{source} has {count} {unit}"
    what = f"{what}, a window of {length} needs at least {length + 1}"
    return DataError(what, "give more text, or lower data.max_length")
