"""Attention pooling of a sequence."""

from typing import Any

import keras
from keras import ops

from kerasdl.backend.precision import at_least_float32
from kerasdl.layers.dense import dense
from kerasdl.seeds import check_seed


@keras.saving.register_keras_serializable(package="kerasdl")
class AttentionPooling(keras.layers.Layer):
    """Average a sequence over time with learned attention weights.

    A step's score is `v · tanh(W x + b)`; the weights are the softmax of the scores.
    Yang et al. 2016, https://aclanthology.org/N16-1174, equations 5 to 7.

    Takes `(batch, time, width)`; returns `(batch, width)`. Masked steps get zero
    weight. The softmax is computed in float32 or better.

    Args:
        units: Number of rows of `W`.
        seed: Integer in `[0, 2**31)` for the kernels, truncated-normal with a standard
            deviation of 0.1. Without one, seeds come from Python's `random`.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If `seed` is out of range.
    """

    def __init__(self, units: int, seed: int | None = None, **kwargs: Any):
        check_seed(seed)
        super().__init__(**kwargs)
        self.units = units
        self.seed = seed
        settings: dict[str, Any] = {"stddev": 0.1, "dtype": self.dtype_policy}
        self.hidden = dense(units, "hidden", seed, activation="tanh", **settings)
        # A bias would cancel in the softmax.
        self.score = dense(1, "score", seed, use_bias=False, **settings)
        self.supports_masking = True

    def build(self, input_shape: tuple) -> None:
        """Create the kernels."""
        self.hidden.build(input_shape)
        self.score.build((*input_shape[:-1], self.units))
        self.built = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Return the weighted mean of each sequence."""
        scores = self.score(self.hidden(inputs))
        scores = ops.cast(scores, at_least_float32(scores.dtype))
        if mask is not None:
            scores = ops.where(ops.cast(mask, "bool")[..., None], scores, -1e30)
        weights = ops.cast(ops.softmax(scores, axis=1), inputs.dtype)
        return ops.sum(weights * inputs, axis=1)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """Return None: the output has no time axis."""

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return `(batch, width)`."""
        return (input_shape[0], input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return super().get_config() | {"units": self.units, "seed": self.seed}
