"""The likeliest continuation that a beam search finds."""

import keras
import numpy as np
from scipy.special import log_softmax

from kerasdl.errors import ConfigError
from kerasdl.models.cached import Cached, can_be_cached


def beam_search(
    model: keras.Model, ids: np.ndarray, count: int, beams: int
) -> np.ndarray:
    """Return the tokens after a prompt with the highest joint probability that is found.

    After each token, the `beams` likeliest texts so far are kept. All are equally long,
    so that no length is preferred.

    Args:
        model: A language model of the family `gpt`.
        ids: Token ids of the prompt, of shape `(tokens,)`.
        count: How many tokens to write.
        beams: How many texts are kept.

    Raises:
        ConfigError: If prompt and tokens are more than the model has positions, or it is
            of a family without kept keys and values.
    """
    if not can_be_cached(model):
        what = f"a beam search needs a model such as gpt, not {model.name!r}"
        raise ConfigError(what, "leave --beams out")
    time = model.input_shape[1]
    if len(ids) + count > time:
        what = f"the prompt and --tokens are {len(ids) + count} tokens"
        raise ConfigError(
            f"{what}, and a beam search has at most {time}", "lower --tokens"
        )
    cached = Cached(model, beams)
    for each in ids:
        logits = cached.read(np.full(beams, each))
    written = np.empty((beams, 0), int)
    scores = np.full(beams, -np.inf)
    scores[0] = 0.0  # all begin alike, so that one is enough
    for place in range(count):
        joint = scores[:, None] + log_softmax(logits.astype("float64"), axis=-1)
        best = np.argsort(-joint, axis=None, kind="stable")[:beams]
        texts, tokens = np.unravel_index(best, joint.shape)
        scores = joint[texts, tokens]
        written = np.concatenate([written[texts], tokens[:, None]], axis=1)
        if place + 1 < count:
            cached.choose(texts)
            logits = cached.read(tokens)
    return written[0]
