"""Texts that an encoder and a decoder write."""

from typing import Any

import keras
import numpy as np
from keras import ops
from scipy.special import log_softmax

from kerasdl.backend.fused.outputs import outputs_of
from kerasdl.data.text_preprocessing import PADDING

LENGTH_PENALTY = 0.6
"""Power of the length that the log-probability of a text is divided by in beam search:
Wu et al. 2016, https://arxiv.org/abs/1609.08144, section 7, as in Vaswani et al. 2017,
section 6.1."""


def decoded(
    model: keras.Model, x: np.ndarray, end: int, size: int, beams: int = 1
) -> np.ndarray:
    """Return the tokens that a model writes.

    Args:
        model: A model of the family `encoder-decoder`.
        x: Sources, and targets whose first token begins them: int32 of shape
            `(texts, 2, time)`. Other tokens of targets are not read.
        end: Id of the token that ends a text.
        size: Texts that the model reads at a time.
        beams: Texts that a beam search keeps; 1 takes the likeliest token each time.

    Returns:
        int32 of shape `(texts, time)`; what ends early is filled with `PADDING`.
    """
    size = min(size, max(len(x) * beams, 1))
    reader, at_a_time = _Reader(model), max(size // beams, 1)
    found = [np.zeros((0, x.shape[2]), "int32")]
    for start in range(0, len(x), at_a_time):
        some = x[start : start + at_a_time]
        rows = np.minimum(np.arange(at_a_time), len(some) - 1)  # one shape, one program
        found.append(_searched(reader, some[rows], end, beams)[: len(some)])
    return np.concatenate(found)


def _searched(reader: "_Reader", x: np.ndarray, end: int, beams: int) -> np.ndarray:
    """Return the best of the texts that are kept, int32 of shape `(texts, time)`."""
    count, _, time = x.shape
    ids = np.repeat(x, beams, axis=0)
    ids[:, 1, 1:] = PADDING
    context, written = reader.context(ids), np.zeros((count, beams, time), "int32")
    scores = np.full((count, beams), -np.inf)
    scores[:, 0] = 0.0  # all begin alike, so that one is enough
    lengths, ended = np.zeros((count, beams), int), np.zeros((count, beams), bool)
    for place in range(time):
        logits = reader.logits(ids, context, place).reshape(count, beams, -1)
        steps = log_softmax(logits.astype("float64"), axis=-1)
        steps[..., PADDING] = -np.inf  # it is no token
        steps[ended] = -np.inf
        steps[ended, PADDING] = 0.0  # what has ended goes on with nothing
        joint = scores[:, :, None] + steps
        longer = lengths + ~ended
        ranked = joint / _penalty(longer)[:, :, None]
        order = np.argsort(-ranked.reshape(count, -1), axis=1, kind="stable")[:, :beams]
        kept, tokens = np.divmod(order, joint.shape[2])
        scores = np.take_along_axis(joint.reshape(count, -1), order, axis=1)
        written = np.take_along_axis(written, kept[:, :, None], axis=1)
        written[:, :, place] = tokens
        lengths = np.take_along_axis(longer, kept, axis=1)
        ended = np.take_along_axis(ended, kept, axis=1)
        ended |= tokens == end
        if ended.all() or place + 1 == time:
            break
        ids[:, 1, 1:] = written.reshape(-1, time)[:, :-1]
    return written[np.arange(count), (scores / _penalty(lengths)).argmax(1)]


def _penalty(lengths: np.ndarray) -> np.ndarray:
    return ((5 + lengths) / 6) ** LENGTH_PENALTY


class _Reader:
    """What comes after texts; their sources are encoded once."""

    def __init__(self, model: keras.Model):
        encoder = [each for each in model.layers if each.name.startswith("encoder_")]
        context = encoder[-1].output
        self.context = outputs_of(keras.Model(model.input, context))
        self.step = outputs_of(_Step(keras.Model([model.input, context], model.output)))

    def logits(self, ids: np.ndarray, context: np.ndarray, place: int) -> np.ndarray:
        given = {"ids": ids, "context": context, "place": np.full(len(ids), place)}
        return self.step(given)


class _Step(keras.Model):
    """The logits at one place of targets; the others need not leave the device."""

    def __init__(self, decoder: keras.Model):
        super().__init__(name="step")
        self.decoder = decoder

    def call(self, inputs: dict[str, Any]) -> Any:
        logits = self.decoder([inputs["ids"], inputs["context"]])
        return ops.take(logits, inputs["place"][0], axis=1)
