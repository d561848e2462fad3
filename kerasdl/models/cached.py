"""Logits of the next token, from keys and values that are kept."""

from typing import Any

import keras
import numpy as np
from keras import ops

from kerasdl.backend.fused.outputs import outputs_of
from kerasdl.layers import TransformerBlock


def can_be_cached(model: keras.Model) -> bool:
    """Return whether `Cached` knows each layer of a model that has weights."""
    known = {"tokens", "positions", "norm", "head"}
    blocks = [each for each in model.layers if isinstance(each, TransformerBlock)]
    others = {each.name for each in model.layers if each.weights and each not in blocks}
    is_causal = bool(blocks) and all(each.causal for each in blocks)
    if not (is_causal and {"tokens"} <= others <= known):
        return False
    if "head" not in others:
        return True
    tokens, head = model.get_layer("tokens"), model.get_layer("head")
    return head is model.layers[-1] and head.units == tokens.input_dim


class Cached:
    """A decoder that reads each token once.

    It keeps the keys and values of the tokens before, so that a token takes the work of
    one and not that of a whole window. Logits are those of the model, up to rounding.

    Args:
        model: A model that `can_be_cached`.
        batch: Number of sequences.
    """

    def __init__(self, model: keras.Model, batch: int = 1):
        step = _Step(model)
        self.outputs = outputs_of(step)
        self.time: int = model.input_shape[1]
        self.place = 0
        self.caches = step.caches(batch, self.time)

    def read(self, ids: np.ndarray) -> np.ndarray:
        """Return the logits after one more token of each sequence.

        Args:
            ids: The tokens, integers of shape `(batch,)`.

        Returns:
            Logits of shape `(batch, vocabulary)`.

        Raises:
            ValueError: If the model has no more positions.
        """
        if self.place == self.time:
            raise ValueError(f"the model has {self.time} positions")
        inputs = {
            "ids": np.asarray(ids, "int32")[:, None],
            "places": np.full((len(ids), 1), self.place, "int32"),
            "caches": self.caches,
        }
        found = self.outputs(inputs)
        self.caches, self.place = found["caches"], self.place + 1
        return found["logits"]

    def choose(self, rows: np.ndarray) -> None:
        """Go on with some of the sequences.

        Args:
            rows: Which, integers of shape `(batch,)`; one may come several times.
        """
        self.caches = [kept[rows] for kept in self.caches]


class _Step(keras.Model):
    """The layers of a decoder, for one token of each sequence."""

    def __init__(self, model: keras.Model):
        super().__init__(name="step")
        layers = {layer.name: layer for layer in model.layers}
        self.tokens: Any = layers["tokens"]
        self.places: Any = layers.get("positions")
        self.norm: Any = layers.get("norm")
        self.head: Any = layers.get("head")
        blocks = (each for each in model.layers if isinstance(each, TransformerBlock))
        self.blocks: list[Any] = [*blocks]

    def caches(self, batch: int, time: int) -> list[np.ndarray]:
        """Return empty keys and values of each block in turn."""
        width = self.tokens.output_dim
        caches = []
        for block in self.blocks:
            heads = block.num_kv_heads or block.num_heads
            shape = (batch, time, heads, width // block.num_heads)
            caches += [np.zeros(shape, "float32") for _ in ("keys", "values")]
        return caches

    def call(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Return the logits and the new keys and values."""
        x, places = self.tokens(inputs["ids"]), inputs["places"]
        if self.places is not None:
            x = self.places(x, places)
        caches = []
        for number, block in enumerate(self.blocks):
            cache = [
                ops.cast(each, block.compute_dtype)
                for each in inputs["caches"][2 * number : 2 * number + 2]
            ]
            x, cache = block.extend(x, cache, places[0, 0])
            caches += [ops.cast(each, "float32") for each in cache]
        if self.norm is not None:
            x = self.norm(x)
        is_tied = self.head is None
        logits = self.tokens(x, reverse=True) if is_tied else self.head(x)
        return {"logits": logits[:, 0], "caches": caches}
