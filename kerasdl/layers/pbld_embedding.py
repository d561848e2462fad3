"""Embeddings of numbers by waves whose frequencies are learned."""

import math
from typing import Any

import keras
from keras import ops

from kerasdl.initializers import Normal, Uniform
from kerasdl.seeds import check_seed, derive_seed


@keras.saving.register_keras_serializable(package="kerasdl")
class PBLDEmbedding(keras.layers.Layer):
    """Embed each feature x as x and a linear map of cos(2π · frequencies · x + phases).

    PBLD is short for periodic, bias, linear, DenseNet: Holzmüller et al. 2024,
    https://arxiv.org/abs/2407.04491, section 3. It derives from the periodic embeddings
    of Gorishniy, Rubachev & Babenko 2022, https://arxiv.org/abs/2203.05556.

    Takes `(…, features)` and returns `(…, features · units)`: x itself, then `units − 1`
    numbers, for the first feature, then for the second, and so on.

    Args:
        frequencies: Number of waves of each feature.
        units: Numbers that each feature becomes, 2 or more.
        sigma: Initial standard deviation of the frequencies, above 0.
        seed: Integer in `[0, 2**31)`. Without one, seeds come from Python's `random`.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(
        self,
        frequencies: int = 16,
        units: int = 4,
        sigma: float = 0.1,
        seed: int | None = None,
        **kwargs: Any,
    ):
        if frequencies < 1:
            raise ValueError(f"`frequencies` (={frequencies}) must be at least 1")
        if units < 2:
            raise ValueError(f"`units` (={units}) must be at least 2")
        check_seed(seed)
        super().__init__(**kwargs)
        self.frequencies = frequencies
        self.units = units
        self.sigma = sigma
        self.seed = seed

    def build(self, input_shape: tuple) -> None:
        """Create the waves and the linear map of each feature."""
        features, waves, outputs = input_shape[-1], self.frequencies, self.units - 1
        seeds = {
            name: None if self.seed is None else derive_seed(self.seed, name)
            for name in ("frequency", "phase", "kernel", "offset")
        }

        def weight(name: str, shape: tuple, initializer: type, size: float) -> Any:
            return self.add_weight(
                shape=shape, initializer=initializer(size, seeds[name]), name=name
            )

        bound = 1 / math.sqrt(waves)
        self.frequency = weight("frequency", (features, waves), Normal, self.sigma)
        self.phase = weight("phase", (features, waves), Uniform, math.pi)
        self.kernel = weight("kernel", (features, waves, outputs), Uniform, bound)
        self.offset = weight("offset", (features, outputs), Uniform, bound)
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return the embeddings."""
        x = inputs[..., None]  # (…, features, 1)
        waves = ops.cos(x * (2 * math.pi * self.frequency) + self.phase)
        linear = ops.einsum("...fw,fwu->...fu", waves, self.kernel) + self.offset
        embedded = ops.concatenate([x, linear], axis=-1)  # (…, features, units)
        width = inputs.shape[-1] * self.units
        return ops.reshape(embedded, (*ops.shape(inputs)[:-1], width))

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return `(…, features · units)`."""
        return (*input_shape[:-1], input_shape[-1] * self.units)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        arguments = {
            "frequencies": self.frequencies,
            "units": self.units,
            "sigma": self.sigma,
            "seed": self.seed,
        }
        return super().get_config() | arguments
