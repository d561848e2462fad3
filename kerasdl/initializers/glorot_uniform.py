"""Glorot-uniform initializer, identical on every backend."""

import math

import keras
import numpy as np

from kerasdl.initializers.drawn import Drawn, fans


@keras.saving.register_keras_serializable(package="kerasdl")
class GlorotUniform(Drawn):
    """Draw uniformly between ±sqrt(6 / (fan_in + fan_out)).

    Glorot & Bengio 2010, https://proceedings.mlr.press/v9/glorot10a.html, equation 16.

    Args:
        seed: Integer in `[0, 2**31)`. By default, it is drawn from Python's `random`,
            which `keras.utils.set_random_seed` makes repeatable.

    Raises:
        ValueError: If `seed` is out of range.
    """

    def draw(self, generator: np.random.Generator, shape: tuple) -> np.ndarray:
        """Return weights of a shape, float64."""
        limit = math.sqrt(6 / sum(fans(shape)))
        return generator.uniform(-limit, limit, shape)
