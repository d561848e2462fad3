"""The Python state of a model besides variables, as read by a recorded step."""

import operator
from collections.abc import Iterator
from typing import Any

import keras
from keras import tree
from keras.src.backend.torch.trainer import TorchTrainer

from kerasdl.backend.fused.torch_watch import Watch
from kerasdl.backend.keras_internals import flatten_layers
from kerasdl.backend.optimizer_chain import optimizer_chain

RUN_ATTRIBUTES = {
    *vars(TorchTrainer()),
    "fused_trainer",
    "history",
    "stop_training",
    "stop_evaluating",
    "stop_predicting",
    "_eval_epoch_iterator",
    "training",
}
"""Attributes of a model that `compile` or a run sets."""


class PythonState:
    """The values that a step of a model may read outside tensors.

    Keras's step for PyTorch reads them again each time. So a callback may change a
    rate, a setting in a dict or a global that a loss reads.

    Args:
        model: The model, compiled and built.
    """

    def __init__(self, model: keras.Model):
        self.model = model
        self.parts = _parts(model)
        self.watch = Watch(_roots(model), {id(model): RUN_ATTRIBUTES})
        self.unwatchable = self.watch.unwatchable

    def changed(self) -> str | None:
        """Return the name of what has changed, or None."""
        if not all(map(operator.is_, self.parts, _parts(self.model))):
            return "the optimizer, the loss or the metrics"
        return self.watch.changed()

    def hold_generators(self) -> None:
        """Hold the current states of random generators."""
        self.watch.hold_generators()

    def changed_by_step(self) -> str | None:
        """Return the name of what a step changed or drew from, or None."""
        return self.changed() or self.watch.drawn()

    def restore(self) -> None:
        """Undo all changes."""
        self.watch.restore()


def called_learning_rate(model: keras.Model) -> bool:
    """Return whether the learning rate is a function that is called at each step."""
    chain = optimizer_chain(model.optimizer)
    rates = [getattr(optimizer, "_learning_rate", None) for optimizer in chain]
    schedule = keras.optimizers.schedules.LearningRateSchedule
    return any(callable(r) and not isinstance(r, schedule) for r in rates)


def _parts(model: keras.Model) -> tuple:
    return model.optimizer, model._compile_loss, model._compile_metrics


def _roots(model: keras.Model) -> Iterator[tuple[str, Any]]:
    parts = [model.loss, model.metrics]
    everything = [*flatten_layers(model), *_parts(model), *tree.flatten(parts)]
    for part in everything:
        yield getattr(part, "name", type(part).__name__), part
