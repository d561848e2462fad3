"""Texts that a network reads to write others. Needs NumPy, `tokenizers` for subwords."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

PADDING, UNKNOWN, FIRST = range(3)
"""Ids that stand for no token, an unknown one, and the beginning of a text."""


def inputs(arguments: Sequence[str], meaning: dict[str, Any]) -> Iterator[np.ndarray]:
    """Yield token ids of a text and of one that only begins, int32 `(1, 2, max_length)`.

    Args:
        arguments: The texts to read.
        meaning: Content of `preprocessing.json`.
    """
    told = meaning["preprocessing"]
    numbers = {token: n for n, token in enumerate(told["vocabulary"], FIRST + 1)}
    before, after = told.get("before", [FIRST]), told.get("after", [])
    room = max(told["max_length"] - len(before) - len(after), 0)
    for text in arguments:
        if told["tokens"] == "subwords":
            found = tokenizer().encode(text, add_special_tokens=False).ids[:room]
            ids = [each + told["offset"] for each in found]
        else:
            ids = [numbers.get(token, UNKNOWN) for token in text[:room]]
        pair = np.full((1, 2, told["max_length"]), PADDING, "int32")
        whole = [*before, *ids, *after][: told["max_length"]]
        pair[0, 0, : len(whole)], pair[0, 1, 0] = whole, before[0]
        yield pair


def tokenizer() -> Any:
    """Return the tokenizer beside this file."""
    from tokenizers import Tokenizer

    found = Tokenizer.from_file(str(Path(__file__).parent / "tokenizer.json"))
    found.encode_special_tokens = True  # no text may contain padding
    return found
