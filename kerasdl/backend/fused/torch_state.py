"""What the parts of a model hold besides variables: a record keeps what it read."""

import operator
from collections.abc import Collection, Iterator
from typing import Any

import keras
from keras.src import tree
from keras.src.backend.torch.trainer import TorchTrainer

OF_A_RUN = {
    *vars(TorchTrainer()),
    "history",
    "stop_training",
    "stop_evaluating",
    "stop_predicting",
    "_eval_epoch_iterator",
    "training",
}
"""Attributes of a model that compiling it or running it sets."""
OF_NO_CONSEQUENCE = {"_exclude_from_weight_decay_cache", "training"}
"""Attributes that Keras computes from others, or that PyTorch keeps and Keras ignores."""
PLAIN = (bool, int, float, str, type(None))


class PythonState:
    """The attributes of a model and of its layers, optimizer, losses and metrics.

    Keras's step for PyTorch reads them anew each time, so a callback may change a
    rate or a weight of the loss. What changes inside of an attribute is not seen.

    Args:
        model: The model, compiled and built.
    """

    def __init__(self, model: keras.Model):
        self.model = model
        self.parts = _parts(model)
        self.owners = list(_owners(model))
        self.held = [dict(vars(owner)) for owner in self.owners]
        self.own = _own(model)

    def changed(self) -> str | None:
        """Return the name of what changed since, or None."""
        if not all(map(operator.is_, self.parts, _parts(self.model))):
            return "the optimizer, the loss or the metrics"
        for number, owner in enumerate(self.owners):
            held, now = self.held[number], vars(owner)
            same = map(operator.is_, held.values(), now.values())
            if len(held) == len(now) and all(same):
                continue
            if names := _differing(held, now) - OF_NO_CONSEQUENCE:
                return f"{_name(owner)}.{min(names)}"
            self.held[number] = dict(now)
        if names := _differing(self.own, _own(self.model)):
            return f"{self.model.name}.{min(names)}"
        return None

    def restore(self) -> None:
        """Take back what changed since."""
        for owner, held in zip(self.owners, self.held, strict=True):
            _take_back(vars(owner), held)
        _take_back(vars(self.model), self.own, besides=OF_A_RUN)


def _take_back(
    attributes: dict[str, Any], held: dict[str, Any], besides: Collection[str] = ()
) -> None:
    for name in attributes.keys() - held.keys() - set(besides):
        del attributes[name]
    attributes.update(held)


def _differing(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    missing = object()
    return {
        name
        for name in one.keys() | other.keys()
        if not _same(one.get(name, missing), other.get(name, missing))
    }


def _same(one: Any, other: Any) -> bool:
    if one is other:
        return True
    return type(one) is type(other) and type(one) in PLAIN and one == other


def called_learning_rate(model: keras.Model) -> bool:
    """Return whether a function, called at each step, gives the learning rate."""
    rates = [getattr(o, "_learning_rate", None) for o in _optimizers(model.optimizer)]
    schedule = keras.optimizers.schedules.LearningRateSchedule
    return any(callable(r) and not isinstance(r, schedule) for r in rates)


def _parts(model: keras.Model) -> tuple:
    return model.optimizer, model._compile_loss, model._compile_metrics


def _owners(model: keras.Model) -> Iterator[Any]:
    yield from (layer for layer in model._flatten_layers() if layer is not model)
    yield from _optimizers(model.optimizer)
    for part in tree.flatten([model.loss, model.metrics]):
        if hasattr(part, "__dict__"):
            yield part


def _optimizers(optimizer: Any) -> Iterator[Any]:
    """Return an optimizer and those it wraps."""
    if optimizer is None:
        return
    yield optimizer
    for part in vars(optimizer).values():
        if isinstance(part, keras.optimizers.Optimizer):
            yield from _optimizers(part)


def _own(model: keras.Model) -> dict[str, Any]:
    """Return the attributes of the model itself."""
    state = vars(model).items()
    return {name: value for name, value in state if name not in OF_A_RUN}


def _name(owner: Any) -> str:
    return getattr(owner, "name", type(owner).__name__)
