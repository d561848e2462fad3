"""What is seldom wise about a compiled optimizer."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from kerasdl.backend.keras_internals import flatten_layers
from kerasdl.backend.optimizer_chain import optimizer_chain
from kerasdl.diagnostics.rate_findings import rate_findings
from kerasdl.finding import Finding

SCHEDULE_STEPS = np.unique(np.geomspace(1, 1e6, 40).astype(int)) - 1
"""Steps at which a schedule is looked at."""
ADAPTIVE = ("adam", "nadam", "adamax", "rmsprop")
"""Optimizers that divide the gradient of a penalty by the size of all gradients."""


def optimizer_habits(model: keras.Model) -> Iterator[Finding]:
    """Yield findings about the optimizer of a compiled model."""
    *_, optimizer = optimizer_chain(model.optimizer)
    name = type(optimizer).__name__.lower()
    yield from rate_findings(name, highest_rate(optimizer))
    if name == "sgd" and not optimizer.momentum:
        yield without_momentum()
    penalised = [
        layer.path
        for layer in flatten_layers(model)
        if getattr(layer, "kernel_regularizer", None) is not None
    ]
    if name in ADAPTIVE and penalised:
        yield coupled_decay(name, penalised[0])


def highest_rate(optimizer: Any) -> float:
    """Return the learning rate, or the highest one of a schedule."""
    rate = optimizer.get_config()["learning_rate"]
    if not isinstance(rate, dict):
        return float(rate)
    try:
        schedule = keras.optimizers.schedules.deserialize(rate)
    except (TypeError, ValueError):  # a third-party schedule that is not registered
        return float(keras.ops.convert_to_numpy(optimizer.learning_rate))
    rates = [keras.ops.convert_to_numpy(schedule(step)) for step in SCHEDULE_STEPS]
    return float(max(rates))


def at_constant_rate(model: keras.Model) -> keras.optimizers.Optimizer:
    """Return the model's optimizer, or one of the highest rate of its schedule.

    The first steps of a warm-up say nothing about what can be learned.
    """
    optimizer = model.optimizer
    if isinstance(optimizer.get_config().get("learning_rate"), dict):
        config = {**optimizer.get_config(), "learning_rate": highest_rate(optimizer)}
        return type(optimizer).from_config(config)
    return optimizer


def without_momentum() -> Finding:
    """Return a finding about stochastic gradient descent without momentum."""
    return Finding(
        "momentum",
        "SGD has no momentum",
        "try a momentum of 0.9",
        "momentum",
        0.0,
        "> 0",
        why="momentum averages the noise of batches and speeds up flat directions; "
        "Sutskever et al. 2013, https://proceedings.mlr.press/v28/sutskever13.html",
    )


def coupled_decay(optimizer: str, where: str) -> Finding:
    """Return a finding about a penalty of weights that an optimizer rescales."""
    return Finding(
        "weight-decay",
        f"weight decay is in the gradient of {optimizer}, which rescales it",
        "use AdamW with weight_decay, unless this is meant",
        where,
        optimizer,
        "adamw",
        why="weights with large gradients are then decayed less; Loshchilov & Hutter "
        "2019, https://arxiv.org/abs/1711.05101",
    )
