"""Cycles of a cosine, each twice as long as the last."""

import math
from typing import Any

import keras
from keras import ops

from kerasdl.backend.precision import at_least_float32


@keras.saving.register_keras_serializable(package="kerasdl")
class CosineLog(keras.optimizers.schedules.LearningRateSchedule):
    """Rise from 0 to the peak and fall back along a cosine, in longer and longer cycles.

    At a share t of the steps, the learning rate is
    `peak / 2 * (1 - cos(2 * pi * log2(1 + (2**cycles - 1) * t)))`, so each cycle takes
    about twice as many steps as the one before. From `total_steps` on, it is 0. It is
    the coslog schedule of Holzmüller et al. 2024, https://arxiv.org/abs/2407.04491.

    Args:
        peak_learning_rate: Highest learning rate of each cycle.
        total_steps: Optimizer steps of all cycles, at least 1.
        cycles: Number of cycles, at least 1.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(self, peak_learning_rate: float, total_steps: int, cycles: int = 4):
        for name, value in (("total_steps", total_steps), ("cycles", cycles)):
            if value < 1:
                raise ValueError(f"`{name}` (={value}) must be at least 1")
        self.peak_learning_rate = peak_learning_rate
        self.total_steps = total_steps
        self.cycles = cycles

    def __call__(self, step: Any) -> Any:
        """Return the learning rate of an optimizer step (0-based), float32 or better."""
        share = ops.cast(step, at_least_float32()) / self.total_steps
        done = ops.log2(1 + (2**self.cycles - 1) * ops.clip(share, 0.0, 1.0))
        return self.peak_learning_rate / 2 * (1 - ops.cos(2 * math.pi * done))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "peak_learning_rate": self.peak_learning_rate,
            "total_steps": self.total_steps,
            "cycles": self.cycles,
        }
