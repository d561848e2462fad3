"""Normal initializer, identical on every backend."""

from typing import Any

import keras
import numpy as np

from kerasdl.initializers.drawn import Drawn


@keras.saving.register_keras_serializable(package="kerasdl")
class Normal(Drawn):
    """Draw from a normal distribution around 0.

    Args:
        stddev: Standard deviation, above 0.
        seed: Integer in `[0, 2**31)`. By default, it is drawn from Python's `random`,
            which `keras.utils.set_random_seed` makes repeatable.

    Raises:
        ValueError: If `stddev` is not above 0, or `seed` is out of range.
    """

    def __init__(self, stddev: float = 1.0, seed: int | None = None):
        if stddev <= 0:
            raise ValueError(f"`stddev` (={stddev}) must be above 0")
        super().__init__(seed)
        self.stddev = stddev

    def draw(self, generator: np.random.Generator, shape: tuple) -> np.ndarray:
        """Return weights of a shape, float64."""
        return generator.standard_normal(shape) * self.stddev

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"stddev": self.stddev, "seed": self.seed}
