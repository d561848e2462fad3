"""Stochastic depth with the same draws on every backend."""

from typing import Any

import keras
from keras import ops

from kerasdl.layers.dropout import zero_fraction
from kerasdl.layers.random_bits import random_bits
from kerasdl.layers.zeroing import Zeroing


@keras.saving.register_keras_serializable(package="kerasdl")
class DropPath(Zeroing):
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

    def zero(self, inputs: Any, state: Any) -> Any:
        """Return the inputs with some examples zeroed."""
        shape = (ops.shape(inputs)[0], *(1 for _ in inputs.shape[1:]))
        return zero_fraction(inputs, self.rate, random_bits(shape, state))
