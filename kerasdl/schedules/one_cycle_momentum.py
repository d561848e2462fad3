"""Momentum schedule of the one-cycle policy."""

from typing import Any

import keras

from kerasdl.schedules.one_cycle import cycled


@keras.saving.register_keras_serializable(package="kerasdl")
class OneCycleMomentum(keras.optimizers.schedules.LearningRateSchedule):
    """Fall along a cosine to the base, then rise along a cosine back to the maximum.

    This is the counterpart of `OneCycle` with the same steps: where the learning rate
    is highest, the momentum is lowest. Smith 2018, https://arxiv.org/abs/1803.09820,
    section 4.3. It equals the momentum, or Adam's β₁, of PyTorch's `OneCycleLR`. Pass
    it as `beta_1` to `kerasdl.optimizers.AdamW`, or as `momentum` to
    `kerasdl.optimizers.SGD`.

    Args:
        total_steps: Optimizer steps of the cycle, at least 1.
        base_momentum: Momentum where the learning rate peaks, in
            `[0, max_momentum]`.
        max_momentum: Momentum at the start and at the end, in `[base_momentum, 1)`.
        pct_start: Fraction of the steps spent falling, in `(0, 1)`.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(
        self,
        total_steps: int,
        base_momentum: float = 0.85,
        max_momentum: float = 0.95,
        pct_start: float = 0.3,
    ):
        if total_steps < 1:
            raise ValueError(f"`total_steps` (={total_steps}) must be at least 1")
        if not 0 <= base_momentum <= max_momentum < 1:
            raise ValueError(
                f"`base_momentum` (={base_momentum}) and `max_momentum` "
                f"(={max_momentum}) must satisfy 0 ≤ base_momentum ≤ max_momentum < 1"
            )
        if not 0 < pct_start < 1:
            raise ValueError(
                f"`pct_start` (={pct_start}) must satisfy 0 < pct_start < 1"
            )
        self.total_steps = total_steps
        self.base_momentum = base_momentum
        self.max_momentum = max_momentum
        self.pct_start = pct_start

    def __call__(self, step: Any) -> Any:
        """Return the momentum of an optimizer step (0-based), float32 or better."""
        ends, turning = self.max_momentum, self.base_momentum
        return cycled(step, self.total_steps, self.pct_start, ends, turning, ends)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "total_steps": self.total_steps,
            "base_momentum": self.base_momentum,
            "max_momentum": self.max_momentum,
            "pct_start": self.pct_start,
        }
