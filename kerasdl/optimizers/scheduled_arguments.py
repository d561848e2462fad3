"""Mixin of Adam and AdamW with optional schedules for β₁ and weight decay."""

import contextlib
from collections.abc import Sequence
from typing import Any

import keras
from keras.optimizers.schedules import LearningRateSchedule

from kerasdl.optimizers import scheduled

Base: Any = keras.optimizers.Optimizer


class ScheduledArguments(Base):
    """Mixin for a Keras Adam or AdamW; the subclass sets the schedules, or None."""

    beta_1_schedule: LearningRateSchedule | None
    weight_decay_schedule: LearningRateSchedule | None

    @property
    def _schedules(self) -> dict[str, LearningRateSchedule | None]:
        """The schedules by the name of the argument."""
        return {
            "beta_1": self.beta_1_schedule,
            "weight_decay": self.weight_decay_schedule,
        }

    def apply(
        self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None
    ) -> None:
        """Update the variables, as `keras.optimizers.Optimizer.apply`."""
        with contextlib.ExitStack() as stack:
            for name, schedule in self._schedules.items():
                if schedule is not None:
                    stack.enter_context(scheduled.value_of_step(self, name, schedule))
            super().apply(grads, trainable_variables)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config = super().get_config()
        for name, schedule in self._schedules.items():
            config = scheduled.serialize(config, name, schedule)
        return config

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Any:
        """Return an optimizer from the result of `get_config`."""
        for name in ("beta_1", "weight_decay"):
            config = scheduled.deserialize(config, name, custom_objects)
        return super().from_config(config, custom_objects)
