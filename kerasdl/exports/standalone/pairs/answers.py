"""What a network writes, taking the likeliest token each time. Needs NumPy."""

from collections.abc import Callable
from typing import Any

import numpy as np
from inputs import FIRST, PADDING, UNKNOWN, tokenizer


def answers(
    batch: np.ndarray,
    outputs_of: Callable[[np.ndarray], np.ndarray],
    meaning: dict[str, Any],
) -> list[dict[str, Any]]:
    """Return the text that a network writes for another.

    Args:
        batch: Token ids of the text, and of one that begins, `(1, 2, max_length)`.
        outputs_of: Returns the logits of the second one, `(1, max_length, tokens)`.
        meaning: Content of `preprocessing.json`.
    """
    told, pair, written = meaning["preprocessing"], batch.copy(), []
    begin = int(pair[0, 1, 0])
    end = (told.get("after") or [begin])[0]
    for place in range(told["max_length"]):
        logits = outputs_of(pair)[0, place]
        logits[PADDING] = -np.inf  # it is no token
        token = int(logits.argmax())
        if token in (begin, end):
            break
        written.append(token)
        pair[0, 1, place + 1 : place + 2] = token
    return [{"prediction": _spelled(written, told)}]


def _spelled(ids: list[int], told: dict[str, Any]) -> str:
    """Return the text of token ids."""
    if told["tokens"] == "subwords":
        return tokenizer().decode([each - told["offset"] for each in ids])
    names = told["vocabulary"]
    return "".join("\ufffd" if n == UNKNOWN else names[n - FIRST - 1] for n in ids)
