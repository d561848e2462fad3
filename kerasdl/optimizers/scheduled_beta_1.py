"""Mixin of Adam and AdamW with an optional β₁ schedule."""

from collections.abc import Sequence
from typing import Any

import keras
from keras.optimizers.schedules import LearningRateSchedule

from kerasdl.optimizers import scheduled

Base: Any = keras.optimizers.Optimizer


class ScheduledBeta1(Base):
    """Mixin for a Keras Adam or AdamW; the subclass sets `beta_1_schedule`."""

    beta_1_schedule: LearningRateSchedule | None

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
        return scheduled.serialize(super().get_config(), "beta_1", self.beta_1_schedule)

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Any:
        """Return an optimizer from the result of `get_config`."""
        config = scheduled.deserialize(config, "beta_1", custom_objects)
        return super().from_config(config, custom_objects)
