"""Texts that a language model continues."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from kerasdl.data.corrupted import uniform
from kerasdl.diagnostics.sampling import next_tokens
from kerasdl.diagnostics.token_figures import visible
from kerasdl.figures import Cell, Table

if TYPE_CHECKING:
    import keras

MOST_PROMPTS = 3
LONGEST = 64
"""Tokens that are added, at most."""
MOST_LOGITS = 1 << 24
"""Numbers that the model returns at a time, at most."""


def continued(
    model: "keras.Model",
    prompts: np.ndarray,
    count: int,
    temperature: float,
    seed: int,
) -> np.ndarray:
    """Return the tokens that a model adds to prompts.

    Args:
        model: A causal model of windows; what stands after a token is not read.
        prompts: int32 of shape `(prompts, tokens)`.
        count: Tokens to add; prompt and tokens fit in a window.
        temperature: As for `next_tokens`.
        seed: Seed of the draws, which depend on the prompt's number and the place.

    Returns:
        int32 of shape `(prompts, count)`.
    """
    length = prompts.shape[1]
    window = np.zeros((len(prompts), model.input_shape[1]), "int32")
    window[:, :length] = prompts
    rows = np.arange(len(prompts))
    draws = uniform(seed, f"sample at {temperature}", rows, (count,))
    for place in range(count):
        logits = model.predict_on_batch(window)[:, length + place - 1]
        window[:, length + place] = next_tokens(logits, draws[:, place], temperature)
    return window[:, length : length + count]


def continuations(
    model: "keras.Model",
    windows: np.ndarray,
    spelled: Callable[[np.ndarray], str],
    seed: int,
) -> Table | None:
    """Return texts with what follows, and with what the model writes instead.

    Args:
        model: As for `continued`.
        windows: Windows of the test text, int32 of shape `(windows, time)`.
        spelled: Returns the text of tokens.
        seed: Seed of the draws.

    Returns:
        The texts; None if a window is so large that they would take long.
    """
    time, vocabulary = model.output_shape[1:]
    most = min(MOST_PROMPTS, len(windows), MOST_LOGITS // (time * vocabulary))
    if not most or time < 2:
        return None
    chosen = windows[np.linspace(0, len(windows) - 1, most).astype(int)]
    count = min(LONGEST, time // 2)
    prompts, truth = chosen[:, : time - count], chosen[:, time - count :]
    written = [continued(model, prompts, count, t, seed) for t in (0.0, 1.0)]
    rows: list[list[Cell]] = [
        [visible(spelled(each)) for each in row]
        for row in zip(prompts[:, -2 * LONGEST :], truth, *written, strict=True)
    ]
    columns = ["text before", "it continues", "greedy", "temperature 1"]
    note = f"The model adds {count} tokens to texts of the test split."
    return Table("Continuations", columns, rows, note)
