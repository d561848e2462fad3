"""AdamW whose β₁ may follow a schedule."""

from collections.abc import Sequence
from typing import Any

import keras
from keras.optimizers.schedules import LearningRateSchedule

from kerasdl.optimizers import scheduled

# Keras makes another class of it under PyTorch, with faster steps.
_AdamW: Any = type(keras.optimizers.AdamW.__new__(keras.optimizers.AdamW))


@keras.saving.register_keras_serializable(package="kerasdl")
class AdamW(_AdamW):
    """Keras's AdamW, whose `beta_1` may also be a schedule over the steps.

    Adam with decoupled weight decay, Loshchilov & Hutter 2019,
    https://arxiv.org/abs/1711.05101. At step t (0-based) the scheduled β₁(t) updates
    the mean of gradients and corrects its bias by `1 - β₁(t)**(t + 1)`, as in PyTorch's
    `AdamW` under `OneCycleLR`. Keras adds `epsilon` before the bias correction of the
    second moment, PyTorch after it; where gradients are much larger than `epsilon` it
    makes no difference.

    Args:
        learning_rate: As in `keras.optimizers.AdamW`.
        weight_decay: As in `keras.optimizers.AdamW`.
        beta_1: Decay rate of the mean of gradients, in `[0, 1)`, or a
            `keras.optimizers.schedules.LearningRateSchedule` of it, such as
            `kerasdl.schedules.OneCycleMomentum`. With a schedule, the attribute is its
            value at step 0.
        *args: Passed to `keras.optimizers.AdamW`.
        **kwargs: Passed to `keras.optimizers.AdamW`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float = 0.004,
        beta_1: float | LearningRateSchedule = 0.9,
        *args: Any,
        **kwargs: Any,
    ):
        constant, schedule = scheduled.split(beta_1)
        super().__init__(learning_rate, weight_decay, constant, *args, **kwargs)
        self.beta_1_schedule = schedule

    def apply(
        self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None
    ) -> None:
        """Update the variables, as `keras.optimizers.Optimizer.apply`."""
        if self.beta_1_schedule is None:
            super().apply(grads, trainable_variables)
            return
        with scheduled.value_of_step(self, "beta_1", self.beta_1_schedule):
            super().apply(grads, trainable_variables)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return scheduled.given(super().get_config(), "beta_1", self.beta_1_schedule)

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> "AdamW":
        """Return an optimizer from `get_config`'s result."""
        config = scheduled.read(config, "beta_1", custom_objects)
        return super().from_config(config, custom_objects)
