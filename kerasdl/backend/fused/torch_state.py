"""What the parts of a model hold besides variables: a record keeps what it read."""

import operator
from collections.abc import Iterator
from typing import Any

import keras
from keras import tree
from keras.src.backend.torch.trainer import TorchTrainer

from kerasdl.backend.fused.torch_watch import Watch
from kerasdl.backend.keras_internals import flatten_layers
from kerasdl.backend.optimizer_chain import optimizer_chain

OF_A_RUN = {
    *vars(TorchTrainer()),
    "fused_trainer",
    "history",
    "stop_training",
    "stop_evaluating",
    "stop_predicting",
    "_eval_epoch_iterator",
    "training",
}
"""Attributes of a model that compiling it or running it sets."""


class PythonState:
    """The values that a step of a model may read outside of tensors.

    Keras's step for PyTorch reads them anew each time, so a callback may change a
    rate, a setting in a dict or a global that a loss reads.

    Args:
        model: The model, compiled and built.
    """

    def __init__(self, model: keras.Model):
        self.model = model
        self.parts = _parts(model)
        self.watch = Watch(_roots(model), {id(model): OF_A_RUN})
        self.unwatchable = self.watch.unwatchable

    def changed(self) -> str | None:
        """Return the name of what changed since, or None."""
        if not all(map(operator.is_, self.parts, _parts(self.model))):
            return "the optimizer, the loss or the metrics"
        return self.watch.changed()

    def hold_generators(self) -> None:
        """Take the states that random generators have by now as those to keep."""
        self.watch.hold_generators()

    def changed_by_step(self) -> str | None:
        """Return the name of what a step changed or drew from, or None."""
        return self.changed() or self.watch.drawn()

    def restore(self) -> None:
        """Take back what changed since."""
        self.watch.restore()


def called_learning_rate(model: keras.Model) -> bool:
    """Return whether a function, called at each step, gives the learning rate."""
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
