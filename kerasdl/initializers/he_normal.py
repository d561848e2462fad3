"""He-normal initializer, identical on every backend."""

import math
from typing import Any, Literal

import keras
import numpy as np

from kerasdl.initializers.drawn import Drawn, fans


@keras.saving.register_keras_serializable(package="kerasdl")
class HeNormal(Drawn):
    """Draw from a normal distribution with variance `2 / fan`.

    He et al. 2015, https://arxiv.org/abs/1502.01852, section 2.2.

    Args:
        mode: `"fan_in"` keeps the variance of activations, `"fan_out"` that of
            gradients.
        seed: Integer in `[0, 2**31)`. By default, it is drawn from Python's `random`,
            which `keras.utils.set_random_seed` makes repeatable.

    Raises:
        ValueError: If `mode` is neither, or `seed` is out of range.
    """

    def __init__(
        self, mode: Literal["fan_in", "fan_out"] = "fan_in", seed: int | None = None
    ):
        if mode not in ("fan_in", "fan_out"):
            raise ValueError(f"`mode` (={mode!r}) must be 'fan_in' or 'fan_out'")
        super().__init__(seed)
        self.mode = mode

    def draw(self, generator: np.random.Generator, shape: tuple) -> np.ndarray:
        """Return weights of a shape, float64."""
        fan_in, fan_out = fans(shape)
        fan = fan_in if self.mode == "fan_in" else fan_out
        return generator.standard_normal(shape) * math.sqrt(2 / fan)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"mode": self.mode, "seed": self.seed}
