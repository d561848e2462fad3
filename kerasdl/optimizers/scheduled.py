"""Optimizer arguments that follow a schedule."""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
from keras.optimizers.schedules import LearningRateSchedule

from kerasdl.backend.keras_internals import step_count


def split(
    value: Any,
) -> tuple[float, LearningRateSchedule | None]:
    """Return the value of an argument at step 0, and its schedule or None."""
    if not isinstance(value, LearningRateSchedule):
        return value, None
    return float(keras.ops.convert_to_numpy(value(0))), value


@contextlib.contextmanager
def value_of_step(
    optimizer: keras.optimizers.Optimizer, name: str, schedule: LearningRateSchedule
) -> Iterator[None]:
    """Set an attribute to the schedule's value during the current step.

    The value is a tensor. The attribute's constant is restored afterwards, because a
    tensor of a traced step must not outlive it.
    """
    constant = getattr(optimizer, name)
    # The step count of the learning rate, so that both schedules are in step.
    setattr(optimizer, name, schedule(step_count(optimizer)))
    try:
        yield
    finally:
        setattr(optimizer, name, constant)


def serialize(
    config: dict[str, Any], name: str, schedule: LearningRateSchedule | None
) -> dict:
    """Return an optimizer's config with the serialized schedule, if any."""
    if schedule is None:
        return config
    return config | {name: keras.saving.serialize_keras_object(schedule)}


def deserialize(config: dict[str, Any], name: str, custom_objects: dict | None) -> dict:
    """Return the config of `serialize` with the schedule as an object."""
    if not isinstance(config.get(name), dict):
        return config
    schedule = keras.saving.deserialize_keras_object(config[name], custom_objects)
    return config | {name: schedule}
