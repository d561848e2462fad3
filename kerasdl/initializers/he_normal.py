"""He-normal weights, the same on every backend."""

import math
import random
from typing import Any, Literal

import keras
import numpy as np

from kerasdl.seeds import check_seed


@keras.saving.register_keras_serializable(package="kerasdl")
class HeNormal(keras.initializers.Initializer):
    """Draw from a normal distribution with variance `2 / fan`, in NumPy.

    Keras draws from the backend's generator, so one seed gives other weights on each
    backend; this draws the same bits everywhere. He et al. 2015,
    https://arxiv.org/abs/1502.01852, section 2.2.

    Args:
        mode: `"fan_in"` keeps the variance of activations, `"fan_out"` that of
            gradients.
        seed: Integer in `[0, 2**31)`. Without one, a seed is drawn from Python's
            `random`, which `keras.utils.set_random_seed` makes repeatable.

    Raises:
        ValueError: If `mode` is neither, or `seed` is out of range.
    """

    def __init__(
        self, mode: Literal["fan_in", "fan_out"] = "fan_in", seed: int | None = None
    ):
        if mode not in ("fan_in", "fan_out"):
            raise ValueError(f"`mode` (={mode!r}) must be 'fan_in' or 'fan_out'")
        check_seed(seed)
        self.mode = mode
        self.seed = random.randrange(2**31) if seed is None else seed

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> Any:
        """Return weights of a shape.

        Args:
            shape: `(…, fan_in, fan_out)`; the leading axes are the receptive field.
            dtype: Defaults to `keras.config.floatx()`.
        """
        fan_in, fan_out = shape[-2:]
        fan = fan_in if self.mode == "fan_in" else fan_out
        stddev = math.sqrt(2 / (fan * math.prod(shape[:-2])))
        values = np.random.default_rng(self.seed).standard_normal(shape) * stddev
        return keras.ops.convert_to_tensor(values, dtype or keras.config.floatx())

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"mode": self.mode, "seed": self.seed}
