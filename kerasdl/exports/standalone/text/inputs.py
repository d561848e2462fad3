"""Texts as inputs of a network. Needs NumPy, and `tokenizers` for subwords."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

BATCH = 32
PADDING, UNKNOWN, FIRST = range(3)
"""Ids that stand for no token, an unknown one, and the beginning of a text."""
WORD = re.compile(r"\b\w\w+\b")


def inputs(arguments: Sequence[str], meaning: dict[str, Any]) -> Iterator[np.ndarray]:
    """Yield batches of token ids, int32 of shape `(texts, max_length)`; 0 is padding.

    Args:
        arguments: The texts.
        meaning: Content of `preprocessing.json`.
    """
    told = meaning["preprocessing"]
    ids_of = _subwords(told) if told["tokens"] == "subwords" else _numbered(told)
    for start in range(0, len(arguments), BATCH):
        texts = arguments[start : start + BATCH]
        padded = np.full((len(texts), told["max_length"]), PADDING, "int32")
        for row, text in enumerate(texts):
            ids = ids_of(text)[: told["max_length"]]
            padded[row, : len(ids)] = ids
        yield padded


def _numbered(told: dict[str, Any]) -> Callable[[str], list[int]]:
    """Return a function from a text to the ids of its characters or words."""
    numbers = {token: n for n, token in enumerate(told["vocabulary"], FIRST + 1)}

    def ids_of(text: str) -> list[int]:
        is_words = told["tokens"] == "words"
        tokens = WORD.findall(text.lower()) if is_words else text
        return [FIRST, *(numbers.get(token, UNKNOWN) for token in tokens)]

    return ids_of


def _subwords(told: dict[str, Any]) -> Callable[[str], list[int]]:
    """Return a function from a text to the ids of its subwords and special tokens."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(Path(__file__).parent / "tokenizer.json"))
    tokenizer.encode_special_tokens = True  # no text may contain padding
    before, after, offset = (told[key] for key in ("before", "after", "offset"))
    room = max(told["max_length"] - len(before) - len(after), 0)

    def ids_of(text: str) -> list[int]:
        ids = tokenizer.encode(text, add_special_tokens=False).ids[:room]
        return [*before, *(each + offset for each in ids), *after]

    return ids_of
