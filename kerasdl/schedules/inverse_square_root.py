"""Inverse-square-root schedule of the original transformer."""

from typing import Any

import keras
from keras import ops

from kerasdl.backend.precision import at_least_float32
from kerasdl.schedules.warmed_up import warmed_up


@keras.saving.register_keras_serializable(package="kerasdl")
class InverseSquareRoot(keras.optimizers.schedules.LearningRateSchedule):
    """Rise linearly from 0 to the peak, then fall with the square root of the step.

    At step t the learning rate is `peak * t / warmup_steps` during warm-up and
    `peak * sqrt(warmup_steps / t)` after it. The total number of steps is not needed.

    Vaswani et al. 2017, https://arxiv.org/abs/1706.03762, equation 3, but with a free
    peak. Steps count from 0 instead of 1, so the first step has a rate of 0. This
    equals `get_inverse_sqrt_schedule` of Hugging Face transformers.

    Args:
        peak_learning_rate: Learning rate at the end of warm-up.
        warmup_steps: Optimizer steps of warm-up, at least 1.

    Raises:
        ValueError: If `warmup_steps` is out of range.
    """

    def __init__(self, peak_learning_rate: float, warmup_steps: int):
        if warmup_steps < 1:
            raise ValueError(f"`warmup_steps` (={warmup_steps}) must be at least 1")
        self.peak_learning_rate = peak_learning_rate
        self.warmup_steps = warmup_steps

    def __call__(self, step: Any) -> Any:
        """Return the learning rate of an optimizer step (0-based), float32 or better."""
        step, peak = ops.cast(step, at_least_float32()), self.peak_learning_rate
        fall = peak * ops.sqrt(self.warmup_steps / ops.maximum(step, 1.0))
        return warmed_up(step, self.warmup_steps, peak, fall)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "peak_learning_rate": self.peak_learning_rate,
            "warmup_steps": self.warmup_steps,
        }
