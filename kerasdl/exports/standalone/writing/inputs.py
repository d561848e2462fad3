"""Texts that a language model continues. Needs NumPy, and `tokenizers` for subwords."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np


def inputs(arguments: Sequence[str], meaning: dict[str, Any]) -> Iterator[np.ndarray]:
    """Yield the token ids of each text, int32 of shape `(1, tokens)`.

    Args:
        arguments: The texts; an empty one begins as after a line break.
        meaning: Content of `preprocessing.json`.

    Raises:
        ValueError: If a text has a character that the model does not know.
    """
    told = meaning["preprocessing"]
    numbers = {token: n for n, token in enumerate(told["vocabulary"], 1)}
    for argument in arguments:
        text = argument or "\n"
        if told["tokens"] == "subwords":
            ids = tokenizer().encode(text, add_special_tokens=False).ids
        elif argument and (unknown := {*text} - {*numbers}):
            raise ValueError(f"the model does not know {min(unknown)!r}")
        else:
            ids = [numbers.get(token, 0) for token in text]
        yield np.array([ids], "int32")


def tokenizer() -> Any:
    """Return the tokenizer beside this file."""
    from tokenizers import Tokenizer

    found = Tokenizer.from_file(str(Path(__file__).parent / "tokenizer.json"))
    found.encode_special_tokens = True
    return found
