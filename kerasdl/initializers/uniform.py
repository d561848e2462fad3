"""Uniform initializer, identical on every backend."""

from typing import Any

import keras
import numpy as np

from kerasdl.initializers.drawn import Drawn


@keras.saving.register_keras_serializable(package="kerasdl")
class Uniform(Drawn):
    """Draw uniformly between ±limit.

    Args:
        limit: Bound of the weights, above 0.
        seed: Integer in `[0, 2**31)`. By default, it is drawn from Python's `random`,
            which `keras.utils.set_random_seed` makes repeatable.

    Raises:
        ValueError: If `limit` is not above 0, or `seed` is out of range.
    """

    def __init__(self, limit: float = 1.0, seed: int | None = None):
        if limit <= 0:
            raise ValueError(f"`limit` (={limit}) must be above 0")
        super().__init__(seed)
        self.limit = limit

    def draw(self, generator: np.random.Generator, shape: tuple) -> np.ndarray:
        """Return weights of a shape, float64."""
        return generator.uniform(-self.limit, self.limit, shape)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"limit": self.limit, "seed": self.seed}
