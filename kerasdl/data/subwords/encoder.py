"""Texts as ids of subwords."""

import json
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from kerasdl import untrusted
from kerasdl.data.subwords import checks, published
from kerasdl.data.subwords.installed import check_installed
from kerasdl.errors import DataError

BATCH = 1000
"""Texts that are encoded at a time."""
PIECE = 1 << 20
"""Characters of a document that are encoded at a time, at least."""
LONGEST_PIECE = 1 << 24
DECODED = 1 << 16
"""Ids that are decoded at a time."""
BROKEN = "\ufffd"
"""What a part of a character is decoded as."""
LINE_END = re.compile(r"\S\n(?=\S)")
"""Where a document is cut: no token of published tokenizers goes on there."""
PADDING = ("[PAD]", "<pad>")
FIRST = "[CLS]"
MASKS = ("[MASK]", "<mask>")
PROBES = ("a", "\ue000 é日 \U0001f600x1\n  .")
"""Texts with a usual letter, and with characters that a vocabulary may lack."""


class Encoder(NamedTuple):
    """A tokenizer, and what stands around a text that is given a label.

    Args:
        tokenizer: A `tokenizers.Tokenizer`.
        size: Number of its ids.
        offset: What is added to ids, so that 0 is padding.
        before: Ids of the special tokens before a text, one or more.
        after: Those behind it.
        mask: Id of the token that hides another one; None if there is none.
    """

    tokenizer: Any
    size: int
    offset: int
    before: tuple[int, ...]
    after: tuple[int, ...]
    mask: int | None = None

    @property
    def labelled_size(self) -> int:
        """Number of ids in labelled texts."""
        return max(self.size + self.offset, *(each + 1 for each in self.before))

    def labelled(
        self, texts: Sequence[str], length: int
    ) -> Iterator[tuple[list[int], int]]:
        """Yield the ids of each text with its special tokens, and how many they were.

        Args:
            texts: The texts.
            length: The most ids; those of a longer text are cut, before the last special
                tokens.
        """
        room = max(length - len(self.before) - len(self.after), 0)
        for start in range(0, len(texts), BATCH):
            some = [*texts[start : start + BATCH]]
            for encoded in self._encoded(some):
                own = [each + self.offset for each in encoded.ids[:room]]
                whole = [*self.before, *own, *self.after]
                yield whole[:length], len(encoded.ids) + len(whole) - len(own)

    def document(self, text: str, source: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the ids of a document, and the character where each token begins.

        Raises:
            DataError: If the ids do not give the text again, so that no score per
                character could be compared.
        """
        ids, starts = [np.empty(0, "int32")], [np.empty(0, "int64")]
        for start, piece in _pieces(text):
            [encoded] = self._encoded([piece])
            if self.tokenizer.decode(encoded.ids, skip_special_tokens=False) != piece:
                what = f"the tokenizer does not keep each character of {source}"
                hint = "language modelling needs one that does, such as that of GPT-2"
                raise DataError(what, hint)
            ids.append(np.array(encoded.ids, "int32"))
            places = np.array(encoded.offsets, "int64").reshape(-1, 2)
            starts.append(places[:, 0] + start)
        return np.concatenate(ids), np.concatenate(starts)

    def decoded(self, ids: np.ndarray) -> str:
        """Return the text of token ids, without special tokens."""
        pieces, start = [], 0
        while start < len(ids):
            end = start + DECODED
            piece = self._decoded(ids[start:end])
            while piece.endswith(BROKEN) and end < min(start + DECODED + 4, len(ids)):
                end += 1  # a character is several bytes, and a byte may be a token
                piece = self._decoded(ids[start:end])
            pieces.append(piece if not start else self._after(ids[start - 1 : end]))
            start = end
        return "".join(pieces)

    def _after(self, ids: np.ndarray) -> str:
        """Return the text of all ids but the first, as it is behind that one."""
        return self._decoded(ids)[len(self._decoded(ids[:1])) :]

    def _decoded(self, ids: np.ndarray) -> str:
        return self.tokenizer.decode(ids.tolist(), skip_special_tokens=True)

    def _encoded(self, texts: list[str]) -> list[Any]:
        return self.tokenizer.encode_batch(texts, add_special_tokens=False)


@lru_cache(maxsize=4)
def encoder(content: str) -> Encoder:
    """Return the encoder of a `tokenizer.json`.

    Raises:
        DataError: If `tokenizers` is not installed.
        UnsafeError: If it has parts that no published tokenizer has; see `published`.
        ValueError: If it is damaged.
    """
    check_installed()
    values = published.checked(untrusted.parse_json(content.encode(), "the tokenizer"))
    size, tokenizer = checks.size(values), _tokenizer(values)
    offset = 0 if tokenizer.id_to_token(0) in PADDING else 1
    mask, ids = _around(tokenizer)
    begins = mask.index(0) if 0 in mask else len(mask)
    ends = len(mask) - mask[::-1].index(0) if 0 in mask else len(mask)
    before = [each + offset for each in ids[:begins]]
    after = tuple(each + offset for each in ids[ends:])
    if any(each >= size + offset for each in (*before, *after)):
        raise ValueError("the id of a special token is not that of a token")
    if not before:
        first = tokenizer.token_to_id(FIRST)
        before = [size + offset if first is None else first + offset]
    known = (tokenizer.token_to_id(each) for each in MASKS)
    mask = next((each + offset for each in known if each is not None), None)
    # Without what surrounds a text, which would also move where tokens begin.
    tokenizer = _tokenizer(values | {"post_processor": None})
    return Encoder(tokenizer, size, offset, tuple(before), after, mask)


def portable(content: str) -> bytes:
    """Return a checked `tokenizer.json` that neither pads, cuts nor adds to a text.

    Args:
        content: As for `encoder`.
    """
    values = published.checked(untrusted.parse_json(content.encode(), "the tokenizer"))
    return json.dumps(values | {"post_processor": None}, ensure_ascii=False).encode()


def _tokenizer(values: dict[str, Any]) -> Any:
    from tokenizers import Tokenizer

    try:
        tokenizer: Any = Tokenizer.from_str(json.dumps(values, ensure_ascii=False))
        tokenizer.encode_special_tokens = True  # no text may contain padding
        for probe in PROBES:
            tokenizer.encode(probe)
    except Exception as fault:  # tokenizers raises bare ones
        raise ValueError(" ".join(str(fault).split())) from fault
    except BaseException as fault:
        if type(fault).__name__ != "PanicException":
            raise
        raise ValueError("tokenizers cannot use it") from fault
    return tokenizer


def _around(tokenizer: Any) -> tuple[list[int], list[int]]:
    """Return which ids of a short text are special tokens, and the ids."""
    encoded = tokenizer.encode(PROBES[0])
    return encoded.special_tokens_mask, encoded.ids


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """Yield the parts of a document, each with its place."""
    start = 0
    while len(text) - start > PIECE:
        most = start + LONGEST_PIECE
        found = LINE_END.search(text, start + PIECE, most)
        end = found.end() if found else min(most, len(text))
        yield start, text[start:end]
        start = end
    if start < len(text):
        yield start, text[start:]
