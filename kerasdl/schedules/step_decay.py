"""Step decay of the learning rate."""

from typing import Any

import keras
from keras import ops

from kerasdl.backend.precision import at_least_float32


@keras.saving.register_keras_serializable(package="kerasdl")
class StepDecay(keras.optimizers.schedules.LearningRateSchedule):
    """Multiply the learning rate by a factor every `step_size` steps.

    It equals PyTorch's `StepLR`, whose `gamma` is the factor. He et al. 2016,
    https://arxiv.org/abs/1512.03385, section 3.4, cut by the same factor when the error
    stops falling. For that, use `kerasdl.callbacks.ReduceLROnPlateau`.

    Args:
        initial_learning_rate: Learning rate until the first cut.
        step_size: Optimizer steps between two cuts, at least 1.
        factor: Multiplier of the learning rate at a cut, in `(0, 1)`.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(
        self, initial_learning_rate: float, step_size: int, factor: float = 0.1
    ):
        if step_size < 1:
            raise ValueError(f"`step_size` (={step_size}) must be at least 1")
        if not 0 < factor < 1:
            raise ValueError(f"`factor` (={factor}) must satisfy 0 < factor < 1")
        self.initial_learning_rate = initial_learning_rate
        self.step_size = step_size
        self.factor = factor

    def __call__(self, step: Any) -> Any:
        """Return the learning rate of an optimizer step (0-based), float32 or better."""
        cuts = ops.cast(step // self.step_size, at_least_float32())
        return self.initial_learning_rate * self.factor**cuts

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "step_size": self.step_size,
            "factor": self.factor,
        }
