"""Base class of initializers that draw in NumPy."""

import random
from typing import Any

import keras
import numpy as np

from kerasdl.seeds import check_seed


class Drawn(keras.initializers.Initializer):
    """Initializer that draws in NumPy, with the same bits on every backend.

    Keras draws from the backend's generator, so a seed gives different weights on each.
    Subclasses implement the distribution in `draw`.

    Args:
        seed: Integer in `[0, 2**31)`. By default, it is drawn from Python's `random`,
            which `keras.utils.set_random_seed` makes repeatable.

    Raises:
        ValueError: If `seed` is out of range.
    """

    def __init__(self, seed: int | None = None):
        check_seed(seed)
        self.seed = random.randrange(2**31) if seed is None else seed

    def draw(self, generator: np.random.Generator, shape: tuple) -> np.ndarray:
        """Return weights of a shape, float64."""
        raise NotImplementedError

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> Any:
        """Return weights of a shape.

        Args:
            shape: `(…, fan_in, fan_out)`; the leading axes are the receptive field.
            dtype: Defaults to `keras.config.floatx()`.

        Raises:
            ValueError: If the distribution depends on fans and the shape has none.
        """
        values = self.draw(np.random.default_rng(self.seed), tuple(shape))
        return keras.ops.convert_to_tensor(values, dtype or keras.config.floatx())

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"seed": self.seed}


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return `fan_in` and `fan_out`: inputs per output and outputs per input.

    Raises:
        ValueError: If the shape has fewer than two axes.
    """
    if len(shape) < 2:
        raise ValueError(f"a shape of {shape} has no fans: it needs at least two axes")
    field = int(np.prod(shape[:-2]))
    return field * shape[-2], field * shape[-1]
