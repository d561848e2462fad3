"""Gradients of one batch by a model's own step, and a trial of another optimizer."""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from kerasdl.checkpoint import state
from kerasdl.jobs.layer_outputs import array
from kerasdl.jobs.parity_gradients import GradientRecorder

Batch = tuple[Any, ...]


def recorded_gradients(model: keras.Model, batch: Batch) -> dict[str, np.ndarray]:
    """Return the gradients of a batch by the paths of the variables.

    It is empty if the model's own step applies no gradients by `model.optimizer`.
    """
    recorder = GradientRecorder()
    with optimizer_of(model, recorder):
        model.train_on_batch(*batch)
    if not recorder.applied:
        return {}
    trainable = {id(variable) for variable in model.trainable_variables}
    names = [
        name.removeprefix("weights/")
        for name, variable in state.variables(model).items()
        if id(variable) in trainable
    ]
    gradients = [array(gradient) for gradient in recorder.gradients]
    return dict(zip(names, gradients, strict=True))


@contextlib.contextmanager
def optimizer_of(
    model: keras.Model, optimizer: keras.optimizers.Optimizer
) -> Iterator[None]:
    """Train by another optimizer inside the context, without compiling the model."""
    attributes, trainer = vars(model), getattr(model, "fused_trainer", None)
    previous = model.optimizer, model.train_function
    made = (trainer.functions, trainer.trainable) if trainer else None
    attributes["optimizer"], model.train_function = optimizer, None
    if trainer:
        trainer.functions, trainer.trainable = {}, {}
    try:
        yield
    finally:
        attributes["optimizer"], model.train_function = previous
        if trainer and made:
            trainer.functions, trainer.trainable = made
