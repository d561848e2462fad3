"""The next token of a text, drawn from logits with NumPy."""

import numpy as np


def next_tokens(
    logits: np.ndarray, draws: np.ndarray, temperature: float
) -> np.ndarray:
    """Return a token for each row of logits.

    Equal logits and draws give equal tokens, whatever backend computed the logits.

    Args:
        logits: Floats of shape `(rows, tokens)`.
        draws: Uniform draws in (0, 1), of shape `(rows,)`.
        temperature: What logits are divided by, from 0; 0 takes the largest.
    """
    if not temperature:
        return logits.argmax(-1)
    from scipy.special import softmax

    shares = softmax(logits.astype("float64") / temperature, axis=-1)
    reached = shares.cumsum(-1)
    return (reached < draws[:, None] * reached[:, -1:]).sum(-1)
