"""The `trainable` flags of a model's layers and variables."""

import contextlib
from typing import Any

import keras

from kerasdl.backend.fused.stand_ins import replaced
from kerasdl.backend.keras_internals import (
    flatten_layers,
    set_own_trainable,
    trainable_when_compiled,
    warn_of_trainable_changes,
)

State = list[tuple[Any, bool]]
"""Each layer and variable, with its `trainable` flag."""


def trainable_state(model: keras.Model) -> State:
    """Return the current flags."""
    parts = [*flatten_layers(model), *model.variables]
    return [(part, part.trainable) for part in parts]


def warn_of_changes(model: keras.Model) -> None:
    """Let Keras warn of changes since `compile`, which it fails to do by itself.

    Layers that were built since then do not count as changes.
    """
    compiled = trainable_when_compiled(model)
    if any(layer.trainable != flag for layer, flag in compiled.items()):
        warn_of_trainable_changes(model)


def traced_with(
    state: State, model: keras.Model, method: str
) -> contextlib.AbstractContextManager[None]:
    """Make a step see a former state whenever it is traced, now or later.

    Args:
        state: The former flags.
        model: The model.
        method: The name of the step's method, which is replaced until the exit.
    """
    original = getattr(model, method)

    def step(*args: Any) -> Any:
        now = [(part, part.trainable) for part, _ in state]
        _set(state)
        try:
            return original(*args)
        finally:
            _set(now)

    return replaced([(model, method, step)])


def _set(state: State) -> None:
    for part, trainable in state:
        set_own_trainable(part, trainable)
