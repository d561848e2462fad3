"""Trials that leave a model and all random generators as they were."""

import contextlib
from collections.abc import Iterator

import keras

from kerasdl import backend
from kerasdl.checkpoint import random_state, state
from kerasdl.checkpoint.snapshot import Snapshot


@contextlib.contextmanager
def undisturbed(model: keras.Model) -> Iterator[None]:
    """Restore weights, optimizers, metrics and random generators at the end.

    Args:
        model: A built model. Further optimizers may be attributes of it.
    """
    arrays, details = state.capture(model) if model.compiled else ({}, {})
    others = [*model.weights, *(seed for _, seed in state.seeds(model))]
    others += [variable for each in _optimizers(model) for variable in each.variables]
    to_numpy = backend.current().to_numpy
    values = [(variable, to_numpy(variable).copy()) for variable in others]
    drawn = random_state.capture()
    try:
        yield
    finally:
        if model.compiled:
            model.reset_metrics()
            state.restore(model, Snapshot(0, arrays, details))
        for variable, value in values:
            variable.assign(value)
        random_state.restore(*drawn)


def _optimizers(model: keras.Model) -> list[keras.optimizers.Optimizer]:
    """Return the optimizers that a model of an own `train_step` keeps, built."""
    kept = [
        each
        for each in vars(model).values()
        if isinstance(each, keras.optimizers.Optimizer)
    ]
    return [each for each in kept if each.built]
