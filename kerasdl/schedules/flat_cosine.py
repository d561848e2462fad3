"""A constant, then half a cosine down to zero."""

import math
from typing import Any

import keras
from keras import ops

from kerasdl.backend.precision import at_least_float32


@keras.saving.register_keras_serializable(package="kerasdl")
class FlatCosine(keras.optimizers.schedules.LearningRateSchedule):
    """Keep a value for half of the steps, then lower it along half a cosine to 0.

    At a share t of the steps, at least 1/2, it is
    `value / 2 * (1 + cos(pi * (2 * t - 1)))`. From `total_steps` on, it is 0. Holzmüller
    et al. 2024, https://arxiv.org/abs/2407.04491, lower the weight decay so. Pass it as
    `weight_decay` to `kerasdl.optimizers.AdamW`.

    Args:
        value: Value in the first half.
        total_steps: Optimizer steps until 0, at least 1.

    Raises:
        ValueError: If `total_steps` is out of range.
    """

    def __init__(self, value: float, total_steps: int):
        if total_steps < 1:
            raise ValueError(f"`total_steps` (={total_steps}) must be at least 1")
        self.value = value
        self.total_steps = total_steps

    def __call__(self, step: Any) -> Any:
        """Return the value at an optimizer step (0-based), float32 or better."""
        share = ops.cast(step, at_least_float32()) / self.total_steps
        fallen = ops.clip(2 * share - 1, 0.0, 1.0)
        return self.value / 2 * (1 + ops.cos(math.pi * fallen))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"value": self.value, "total_steps": self.total_steps}
