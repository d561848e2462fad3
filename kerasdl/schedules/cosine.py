"""Cosine annealing with warm-up and a floor."""

import math
from typing import Any

import keras
from keras import ops

from kerasdl.backend.precision import at_least_float32
from kerasdl.schedules.warmed_up import warmed_up


@keras.saving.register_keras_serializable(package="kerasdl")
class Cosine(keras.optimizers.schedules.LearningRateSchedule):
    """Rise linearly from 0 to the peak, then fall along half a cosine to a floor.

    The floor is reached at step `total_steps` and kept. Loshchilov & Hutter 2017,
    https://arxiv.org/abs/1608.03983, equation 5, without restarts. Without warm-up, it
    equals PyTorch's `CosineAnnealingLR` with `T_max=total_steps` up to that step;
    PyTorch's rises again after it.

    Args:
        peak_learning_rate: Learning rate at the end of warm-up.
        total_steps: Optimizer steps until the floor, at least 1.
        warmup_steps: Optimizer steps of warm-up, in `[0, total_steps)`.
        floor: Last learning rate divided by the peak, in `[0, 1]`.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(
        self,
        peak_learning_rate: float,
        total_steps: int,
        warmup_steps: int = 0,
        floor: float = 0.01,
    ):
        if not 0 <= warmup_steps < total_steps:
            raise ValueError(
                f"`warmup_steps` (={warmup_steps}) and `total_steps` (={total_steps}) "
                "must satisfy 0 ≤ warmup_steps < total_steps"
            )
        if not 0 <= floor <= 1:
            raise ValueError(f"`floor` (={floor}) must satisfy 0 ≤ floor ≤ 1")
        self.peak_learning_rate = peak_learning_rate
        self.total_steps = total_steps
        self.warmup_steps = warmup_steps
        self.floor = floor

    def __call__(self, step: Any) -> Any:
        """Return the learning rate of an optimizer step (0-based), float32 or better."""
        step, peak = ops.cast(step, at_least_float32()), self.peak_learning_rate
        share = (step - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        cosine = ops.cos(math.pi * ops.clip(share, 0.0, 1.0))
        lowest = peak * self.floor
        fall = lowest + (peak - lowest) / 2 * (1 + cosine)
        return warmed_up(step, self.warmup_steps, peak, fall)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "peak_learning_rate": self.peak_learning_rate,
            "total_steps": self.total_steps,
            "warmup_steps": self.warmup_steps,
            "floor": self.floor,
        }
