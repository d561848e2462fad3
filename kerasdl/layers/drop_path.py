"""Stochastic depth with the same draws on every backend."""

from typing import Any

import keras
from keras import ops

from kerasdl.layers.dropout import zero_fraction
from kerasdl.layers.random_bits import random_bits
from kerasdl.seeds import check_seed


@keras.saving.register_keras_serializable(package="kerasdl")
class DropPath(keras.layers.Layer):
    """Zero a fraction of the examples in training and scale up the rest.

    At the end of a residual branch, it skips the branch for these examples. Huang et
    al. 2016, https://arxiv.org/abs/1603.09382, section 3, but scaled in training
    instead of at inference, as is now usual.

    Takes `(batch, …)` of a floating-point dtype and returns the same.

    Args:
        rate: Fraction of the examples to zero, in `[0, 1)`.
        seed: Integer in `[0, 2**31)`. Without one, a seed is drawn from Python's
            `random`, which `keras.utils.set_random_seed` makes repeatable.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If `rate` or `seed` is out of range.
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any):
        if not 0 <= rate < 1:
            raise ValueError(f"`rate` (={rate}) must satisfy 0 ≤ rate < 1")
        check_seed(seed)
        super().__init__(**kwargs)
        self.rate = rate
        self.seed = seed
        if rate > 0:
            self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the inputs, with some examples zeroed in training."""
        if not training or self.rate == 0:
            return inputs
        shape = (ops.shape(inputs)[0], *(1 for _ in inputs.shape[1:]))
        bits = random_bits(shape, self.seed_generator.next())
        return zero_fraction(inputs, self.rate, bits)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return the input shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return super().get_config() | {"rate": self.rate, "seed": self.seed}
