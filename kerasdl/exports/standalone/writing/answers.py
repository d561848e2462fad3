"""What a language model writes, taking the likeliest token each time. Needs NumPy."""

from collections.abc import Callable
from typing import Any

import numpy as np
from inputs import tokenizer

TOKENS = 50
"""Tokens to write."""


def answers(
    batch: np.ndarray,
    outputs_of: Callable[[np.ndarray], np.ndarray],
    meaning: dict[str, Any],
) -> list[dict[str, Any]]:
    """Return what a network writes after a text.

    Args:
        batch: Token ids of the text, of shape `(1, tokens)`.
        outputs_of: Returns the logits of windows, of shape `(1, max_length, tokens)`.
        meaning: Content of `preprocessing.json`.
    """
    told = meaning["preprocessing"]
    ids, length = batch[0].tolist(), told["max_length"]
    begun = len(ids)
    for _ in range(TOKENS):
        seen = ids[-length:]
        window = np.zeros((1, length), "int32")
        window[0, : len(seen)] = seen
        ids.append(int(outputs_of(window)[0, len(seen) - 1].argmax()))
    return [{"text": _spelled(ids, told)[len(_spelled(ids[:begun], told)) :]}]


def _spelled(ids: list[int], told: dict[str, Any]) -> str:
    """Return the text of token ids."""
    if told["tokens"] == "subwords":
        return tokenizer().decode(ids)
    return "".join(told["vocabulary"][n - 1] if n else "\ufffd" for n in ids)
