"""Dropout with the same masks on every backend."""

from typing import Any

import keras
from keras import ops

from kerasdl.layers.random_bits import random_bits
from kerasdl.layers.zeroing import Zeroing


@keras.saving.register_keras_serializable(package="kerasdl")
class Dropout(Zeroing):
    """Zero a fraction of the inputs in training and scale up the rest.

    Unlike in `keras.layers.Dropout`, the mask is a pure function of (seed, step,
    position): the same bits under JAX, PyTorch and TensorFlow. The step is the number
    of training calls so far. It is kept in a `keras.random.SeedGenerator`, which Keras
    carries through compiled steps. Srivastava et al. 2014,
    https://jmlr.org/papers/v15/srivastava14a.html.

    Inputs and outputs have the same shape and floating-point dtype.

    Args:
        rate: Fraction of the inputs to zero, in `[0, 1)`.
        seed: Integer in `[0, 2**31)`. Without one, a seed is drawn from Python's
            `random`, which `keras.utils.set_random_seed` makes repeatable.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If `rate` or `seed` is out of range.
    """

    def zero(self, inputs: Any, state: Any) -> Any:
        """Return the masked inputs."""
        return zero_fraction(inputs, self.rate, random_bits(ops.shape(inputs), state))


def zero_fraction(inputs: Any, rate: float, bits: Any) -> Any:
    """Zero a fraction of the inputs and scale up the rest.

    Args:
        inputs: Floating-point tensor.
        rate: Fraction to zero, in `[0, 1)`.
        bits: Uniform int32 draws, of a shape that broadcasts against the inputs.
    """
    bound, scale = bound_and_scale(rate)
    return zero_below(inputs, bound, ops.convert_to_tensor(scale, inputs.dtype), bits)


def bound_and_scale(rate: float) -> tuple[int, float]:
    """Return the arguments of `zero_below` for a rate in `[0, 1)`."""
    # A uniform int32 is below this integer bound with probability `rate`.
    return min(round(rate * 2**32) - 2**31, 2**31 - 1), 1 / (1 - rate)


def zero_below(inputs: Any, bound: Any, scale: Any, bits: Any) -> Any:
    """Zero the inputs whose bits are below a bound and scale up the rest.

    Args:
        inputs: Floating-point tensor.
        bound: int32 scalar.
        scale: Scalar of the inputs' dtype.
        bits: As in `zero_fraction`.
    """
    return ops.where(bits < bound, ops.zeros_like(inputs), inputs * scale)
