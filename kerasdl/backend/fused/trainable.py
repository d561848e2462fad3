"""Which layers and variables of a model are trainable."""

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
"""Each layer and variable, and whether it is trainable."""


def trainable_state(model: keras.Model) -> State:
    """Return the state as it is."""
    parts = [*flatten_layers(model), *model.variables]
    return [(part, part.trainable) for part in parts]


def warn_of_changes(model: keras.Model) -> None:
    """Let Keras warn of what changed since `compile`, which it forgets to do.

    Layers that were built since are no change.
    """
    compiled = trainable_when_compiled(model)
    if any(layer.trainable != flag for layer, flag in compiled.items()):
        warn_of_trainable_changes(model)


def traced_with(
    state: State, model: keras.Model, method: str
) -> contextlib.AbstractContextManager[None]:
    """Let a step be traced, now or later, as the state was.

    Args:
        state: The state.
        model: The model.
        method: The name of the step, which is what it stands for until the exit.
    """
    former = getattr(model, method)

    def step(*args: Any) -> Any:
        now = [(part, part.trainable) for part, _ in state]
        _set(state)
        try:
            return former(*args)
        finally:
            _set(now)

    return replaced([(model, method, step)])


def _set(state: State) -> None:
    for part, trainable in state:
        set_own_trainable(part, trainable)
