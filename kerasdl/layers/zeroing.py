"""Base class of layers that zero a part of their inputs in training."""

from typing import Any

import keras

from kerasdl.seeds import check_seed


class Zeroing(keras.layers.Layer):
    """A layer that zeroes a part of its inputs in training, drawn from a seed.

    Inputs and outputs have the same shape and floating-point dtype.

    Args:
        rate: Fraction to zero, in `[0, 1)`; 0 returns the inputs.
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

    def zero(self, inputs: Any, state: Any) -> Any:
        """Return the inputs with a part zeroed and the rest scaled up.

        Args:
            inputs: Floating-point tensor.
            state: Integers of shape `(2,)`, the seed and the number of the call.
        """
        raise NotImplementedError

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the inputs, with a part zeroed in training."""
        if not training or self.rate == 0:
            return inputs
        return self.zero(inputs, self.seed_generator.next())

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return the input shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return super().get_config() | {"rate": self.rate, "seed": self.seed}
