"""Arguments of an optimizer that follow a schedule over its steps."""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
from keras.optimizers.schedules import LearningRateSchedule

from kerasdl.backend.keras_internals import step_count


def split(
    value: Any,
) -> tuple[float, LearningRateSchedule | None]:
    """Return an argument's value at step 0, and its schedule if it is one."""
    if not isinstance(value, LearningRateSchedule):
        return value, None
    return float(keras.ops.convert_to_numpy(value(0))), value


@contextlib.contextmanager
def value_of_step(
    optimizer: keras.optimizers.Optimizer, name: str, schedule: LearningRateSchedule
) -> Iterator[None]:
    """Let an attribute be a tensor, the schedule's value at the step being taken.

    Outside of a step it is what it was, which is a constant: a tensor of a traced step
    must not outlive it.
    """
    constant = getattr(optimizer, name)
    # Those that Keras's learning rate counts, so that both are at the same point.
    setattr(optimizer, name, schedule(step_count(optimizer)))
    try:
        yield
    finally:
        setattr(optimizer, name, constant)


def given(
    config: dict[str, Any], name: str, schedule: LearningRateSchedule | None
) -> dict:
    """Return an optimizer's config with the argument as it was passed."""
    if schedule is None:
        return config
    return config | {name: keras.saving.serialize_keras_object(schedule)}


def read(config: dict[str, Any], name: str, custom_objects: dict | None) -> dict:
    """Return the config of `given` with the schedule instead of its description."""
    if not isinstance(config.get(name), dict):
        return config
    schedule = keras.saving.deserialize_keras_object(config[name], custom_objects)
    return config | {name: schedule}
