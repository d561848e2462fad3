"""The next token of a text, drawn from logits with NumPy."""

import numpy as np


def next_tokens(
    logits: np.ndarray,
    draws: np.ndarray,
    temperature: float,
    top_k: int = 0,
    top_p: float = 1.0,
) -> np.ndarray:
    """Return a token for each row of logits.

    Equal logits and draws give equal tokens, whatever backend computed the logits.

    Args:
        logits: Floats of shape `(rows, tokens)`.
        draws: Uniform draws in (0, 1), of shape `(rows,)`.
        temperature: What logits are divided by, from 0; 0 takes the largest.
        top_k: Only so many tokens of the largest logits are drawn; 0 draws any.
        top_p: Only the likeliest tokens are drawn whose shares together reach it, in
            (0, 1] (Holtzman et al. 2020, https://arxiv.org/abs/1904.09751, section 3.1).
    """
    if not temperature:
        return logits.argmax(-1)
    from scipy.special import softmax

    scaled = logits.astype("float64") / temperature
    if 0 < top_k < scaled.shape[-1]:
        least = np.partition(scaled, -top_k, axis=-1)[:, -top_k, None]
        scaled = np.where(scaled < least, -np.inf, scaled)
    shares = softmax(scaled, axis=-1)
    if top_p < 1:
        order = np.argsort(-shares, axis=-1, kind="stable")
        ordered = np.take_along_axis(shares, order, -1)
        before = ordered.cumsum(-1) - ordered
        kept = np.where(before < top_p, ordered, 0.0)
        np.put_along_axis(shares, order, kept, -1)
    reached = shares.cumsum(-1)
    return (reached < draws[:, None] * reached[:, -1:]).sum(-1)
