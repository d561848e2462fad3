"""Gradients of one batch by a model's own step."""

from typing import Any

import keras
import numpy as np

from kerasdl.backend.optimizer_of import optimizer_of
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
