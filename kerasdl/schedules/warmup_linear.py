"""Linear warm-up, then linear decay."""

from typing import Any

import keras
from keras import ops

from kerasdl.backend.precision import at_least_float32
from kerasdl.schedules.warmed_up import warmed_up


@keras.saving.register_keras_serializable(package="kerasdl")
class WarmupLinear(keras.optimizers.schedules.LearningRateSchedule):
    """Rise linearly from 0 to the peak, then fall linearly to 0.

    At step t the learning rate is `peak * t / warmup_steps` during warm-up and
    `peak * (total_steps - t) / (total_steps - warmup_steps)` after it. From
    `total_steps` on, it is 0. Devlin et al. 2019, https://arxiv.org/abs/1810.04805,
    appendix A.2. It equals `get_linear_schedule_with_warmup` of Hugging Face
    transformers.

    Args:
        peak_learning_rate: Learning rate at the end of warm-up.
        warmup_steps: Optimizer steps of warm-up, in `[0, total_steps]`.
        total_steps: Optimizer steps until the learning rate is 0.

    Raises:
        ValueError: If the steps are out of range.
    """

    def __init__(self, peak_learning_rate: float, warmup_steps: int, total_steps: int):
        if not 0 <= warmup_steps <= total_steps or total_steps < 1:
            raise ValueError(
                f"`warmup_steps` (={warmup_steps}) and `total_steps` (={total_steps}) "
                "must satisfy 0 ≤ warmup_steps ≤ total_steps and 1 ≤ total_steps"
            )
        self.peak_learning_rate = peak_learning_rate
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps

    def __call__(self, step: Any) -> Any:
        """Return the learning rate of an optimizer step (0-based), float32 or better."""
        step = ops.cast(step, at_least_float32())
        left = (self.total_steps - step) / max(1, self.total_steps - self.warmup_steps)
        fall = self.peak_learning_rate * ops.maximum(left, 0.0)
        return warmed_up(step, self.warmup_steps, self.peak_learning_rate, fall)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "peak_learning_rate": self.peak_learning_rate,
            "warmup_steps": self.warmup_steps,
            "total_steps": self.total_steps,
        }
