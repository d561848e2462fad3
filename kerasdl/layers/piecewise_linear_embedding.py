"""Embeddings of numbers that are linear between quantiles of the training data."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasdl.initializers import Uniform
from kerasdl.seeds import check_seed, derive_seed

NARROWEST = 1e-30
"""Width of a bin below which its inverse may be infinite in float32."""


@keras.saving.register_keras_serializable(package="kerasdl")
class PiecewiseLinearEmbedding(keras.layers.Layer):
    """Embed each feature x as `scale · x + bias + encoding(x) @ kernel`.

    The encoding has a number for each bin: 0 if x is below the bin, 1 if it is above,
    and between them its place in the bin. The first bin has no lower and the last one no
    upper bound. Gorishniy, Rubachev & Babenko 2022, https://arxiv.org/abs/2203.05556,
    section 3.2. The linear part, and a kernel that begins with 0, are those of TabM:
    Gorishniy et al. 2025, https://arxiv.org/abs/2410.24210.

    Edges of bins are weights that are not trained. `adapt` sets them to quantiles; until
    then they are evenly spaced from −3 to 3.

    Takes `(…, features)` and returns `(…, features · units)`: the numbers of the first
    feature, then those of the second, and so on.

    Args:
        bins: Most bins of a feature. It has fewer if some quantiles are equal.
        units: Numbers that each feature becomes.
        seed: Integer in `[0, 2**31)`. Without one, seeds come from Python's `random`.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(
        self, bins: int = 48, units: int = 16, seed: int | None = None, **kwargs: Any
    ):
        if min(bins, units) < 1:
            raise ValueError(f"`bins` (={bins}) and `units` (={units}) must be above 0")
        check_seed(seed)
        super().__init__(**kwargs)
        self.bins = bins
        self.units = units
        self.seed = seed

    def build(self, input_shape: tuple) -> None:
        """Create the edges, and the linear maps of each feature."""
        features = input_shape[-1]
        even = np.tile(np.linspace(-3, 3, self.bins + 1), (features, 1))
        self.edges = self.add_weight(
            shape=even.shape,
            initializer=lambda shape, dtype=None: ops.convert_to_tensor(even, dtype),
            trainable=False,
            name="edges",
        )
        bound = 1 / math.sqrt(self.units)
        self.scale, self.bias = (
            self.add_weight(
                shape=(features, self.units),
                initializer=Uniform(
                    bound, None if self.seed is None else derive_seed(self.seed, name)
                ),
                name=name,
            )
            for name in ("scale", "bias")
        )
        self.kernel = self.add_weight(
            shape=(features, self.bins, self.units), initializer="zeros", name="kernel"
        )
        self.built = True

    def adapt(self, x: np.ndarray) -> None:
        """Set the edges of the bins to quantiles of a built layer's features.

        Args:
            x: Training features of shape `(examples, features)`, finite.
        """
        shares = np.linspace(0, 1, self.bins + 1)
        quantiles = np.quantile(x, shares, axis=0).T
        self.edges.assign(np.stack([*map(_distinct, quantiles)]))

    def call(self, inputs: Any) -> Any:
        """Return the embeddings."""
        x = ops.expand_dims(inputs, -1)  # (…, features, 1)
        embedded = x * self.scale + self.bias
        embedded += ops.einsum("...fb,fbu->...fu", self._encoding(x), self.kernel)
        width = inputs.shape[-1] * self.units
        return ops.reshape(embedded, (*ops.shape(inputs)[:-1], width))

    def _encoding(self, x: Any) -> Any:
        """Return the place of x in each bin, of shape `(…, features, bins)`."""
        edges = ops.convert_to_tensor(self.edges)
        left, right = edges[:, :-1], edges[:, 1:]
        is_bin = right > left
        width = ops.where(is_bin, right - left, 1.0)
        place = ops.where(is_bin, (x - left) / width, 0.0)
        is_first = np.arange(self.bins) == 0
        is_last = ops.logical_and(is_bin, right >= edges[:, -1:])
        bounded_below = ops.where(is_first, place, ops.maximum(place, 0.0))
        return ops.where(is_last, bounded_below, ops.minimum(bounded_below, 1.0))

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return `(…, features · units)`."""
        return (*input_shape[:-1], input_shape[-1] * self.units)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        arguments = {"bins": self.bins, "units": self.units, "seed": self.seed}
        return super().get_config() | arguments


def _distinct(quantiles: np.ndarray) -> np.ndarray:
    """Return float32 edges that ascend; the last one is repeated for missing bins."""
    edges = np.unique(quantiles.astype("float32"))
    edges = edges[np.diff(edges, prepend=-np.inf) > NARROWEST]
    return np.pad(edges, (0, len(quantiles) - len(edges)), mode="edge")
