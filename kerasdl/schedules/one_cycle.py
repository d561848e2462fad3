"""Learning-rate schedule of the one-cycle policy."""

import math
from typing import Any

import keras
from keras import ops

from kerasdl.backend.precision import at_least_float32


@keras.saving.register_keras_serializable(package="kerasdl")
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """Rise along a cosine to the maximum, then fall along a cosine far below the start.

    The schedule starts at `max_learning_rate / div_factor` and peaks at step
    `pct_start * total_steps - 1`. It reaches
    `max_learning_rate / div_factor / final_div_factor` at step `total_steps - 1` and
    stays there.

    Smith & Topin 2018, https://arxiv.org/abs/1708.07120. It equals PyTorch's
    `OneCycleLR` with two phases and cosine annealing, which raises after the last
    step. PyTorch's also cycles the momentum: see `OneCycleMomentum`.

    Args:
        max_learning_rate: Learning rate at the peak.
        total_steps: Optimizer steps of the cycle, at least 1.
        pct_start: Fraction of the steps spent rising, in `(0, 1)`.
        div_factor: Maximum divided by the first learning rate, at least 1.
        final_div_factor: First learning rate divided by the last, at least 1.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(
        self,
        max_learning_rate: float,
        total_steps: int,
        pct_start: float = 0.3,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
    ):
        if total_steps < 1:
            raise ValueError(f"`total_steps` (={total_steps}) must be at least 1")
        if not 0 < pct_start < 1:
            raise ValueError(
                f"`pct_start` (={pct_start}) must satisfy 0 < pct_start < 1"
            )
        if div_factor < 1 or final_div_factor < 1:
            raise ValueError(
                f"`div_factor` (={div_factor}) and `final_div_factor` "
                f"(={final_div_factor}) must be at least 1"
            )
        self.max_learning_rate = max_learning_rate
        self.total_steps = total_steps
        self.pct_start = pct_start
        self.div_factor = div_factor
        self.final_div_factor = final_div_factor

    def __call__(self, step: Any) -> Any:
        """Return the learning rate of an optimizer step (0-based), float32 or better."""
        first = self.max_learning_rate / self.div_factor
        last = first / self.final_div_factor
        return cycled(
            step, self.total_steps, self.pct_start, first, self.max_learning_rate, last
        )

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "max_learning_rate": self.max_learning_rate,
            "total_steps": self.total_steps,
            "pct_start": self.pct_start,
            "div_factor": self.div_factor,
            "final_div_factor": self.final_div_factor,
        }


def cycled(
    step: Any,
    total_steps: int,
    pct_start: float,
    first: float,
    turning: float,
    last: float,
) -> Any:
    """Return the value of a cycle: two half cosines through three values.

    Args:
        step: Optimizer step (0-based).
        total_steps: Steps of the cycle; the last one has the value `last`.
        pct_start: Fraction of the steps before the turning point.
        first: Value at step 0. A very short cycle starts at or after the turning point
            instead.
        turning: Value at the turning point.
        last: Value at the end and after it.
    """
    step = ops.cast(step, at_least_float32())
    turn, end = pct_start * total_steps - 1, total_steps - 1
    before = _cosine(first, turning, step / (turn or 1))
    after = _cosine(turning, last, (step - turn) / ((end - turn) or 1))
    return ops.where(step < turn, before, after)


def _cosine(start: float, end: float, share: Any) -> Any:
    """Return the value of a half cosine from `start` to `end`; `share` is clipped."""
    angle = math.pi * ops.clip(share, 0.0, 1.0)
    return end + (start - end) / 2 * (1 + ops.cos(angle))
