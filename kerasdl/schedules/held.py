"""Schedule that ends before training does."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasdl")
class Held(keras.optimizers.schedules.LearningRateSchedule):
    """Follow a schedule up to a step, then keep its learning rate.

    Args:
        schedule: The schedule to follow.
        last_step: Last optimizer step (0-based) taken from the schedule.

    Raises:
        ValueError: If `last_step` is negative.
    """

    def __init__(self, schedule: Any, last_step: int):
        if last_step < 0:
            raise ValueError(f"`last_step` (={last_step}) must be ≥ 0")
        self.schedule = schedule
        self.last_step = last_step

    def __call__(self, step: Any) -> Any:
        """Return the learning rate of an optimizer step (0-based), float32 or better."""
        return self.schedule(ops.minimum(step, self.last_step))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        schedule = keras.saving.serialize_keras_object(self.schedule)
        return {"schedule": schedule, "last_step": self.last_step}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Held":
        """Return a schedule from the result of `get_config`."""
        schedule = keras.saving.deserialize_keras_object(config["schedule"])
        return cls(schedule, config["last_step"])
