"""A dense layer whose learning rate need not depend on its width."""

import math
from typing import Any

import keras
from keras import ops

from kerasdl.initializers import Normal
from kerasdl.seeds import check_seed, derive_seed


@keras.saving.register_keras_serializable(package="kerasdl")
class NTKDense(keras.layers.Layer):
    """Return `x @ kernel / √inputs + bias`, the neural tangent parametrisation.

    The kernel is drawn from a standard normal distribution at any width, and the factor
    gives outputs of the usual size. Jacot, Gabriel & Hongler 2018,
    https://arxiv.org/abs/1806.07572, section 3.

    Takes `(…, inputs)` and returns `(…, units)`.

    Args:
        units: Number of outputs.
        bias_stddev: Initial standard deviation of the bias; 0 for zeros.
        seed: Integer in `[0, 2**31)`. Without one, seeds come from Python's `random`.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If `units` is not above 0, `bias_stddev` is below 0, or `seed` is
            out of range.
    """

    def __init__(
        self,
        units: int,
        bias_stddev: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ):
        if units <= 0:
            raise ValueError(f"`units` (={units}) must be above 0")
        if bias_stddev < 0:
            raise ValueError(f"`bias_stddev` (={bias_stddev}) must be at least 0")
        check_seed(seed)
        super().__init__(**kwargs)
        self.units = units
        self.bias_stddev = bias_stddev
        self.seed = seed
        self.supports_masking = True

    def build(self, input_shape: tuple) -> None:
        """Create the kernel and the bias."""
        self.kernel = self.add_weight(
            shape=(input_shape[-1], self.units),
            initializer=Normal(seed=self.seed),
            name="kernel",
        )
        own_seed = None if self.seed is None else derive_seed(self.seed, "bias")
        normal = Normal(self.bias_stddev, own_seed) if self.bias_stddev else "zeros"
        self.bias = self.add_weight(
            shape=(self.units,), initializer=normal, name="bias"
        )
        self.factor = 1 / math.sqrt(input_shape[-1])
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return the outputs."""
        return ops.matmul(inputs, self.kernel) * self.factor + self.bias

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return `(…, units)`."""
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        arguments = {
            "units": self.units,
            "bias_stddev": self.bias_stddev,
            "seed": self.seed,
        }
        return super().get_config() | arguments
