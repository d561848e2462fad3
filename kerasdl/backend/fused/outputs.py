"""The outputs of a model for one batch after another, without Keras's work for each."""

import warnings
from collections.abc import Callable
from typing import Any

import keras

from kerasdl.backend.fused.accelerate import AccelerationWarning


def outputs_of(model: keras.Model) -> Callable[[Any], Any]:
    """Return a function of a batch that returns what a model predicts.

    PyTorch's is recorded for each shape of a batch, as steps of training are, since Keras
    would call layer after layer. Other backends compile Keras's `predict_on_batch`.

    Args:
        model: The model, which may be one that no data have built yet. Its weights may
            change afterwards, its layers and their dtypes may not.

    Returns:
        The function. It takes NumPy arrays, alone or in a structure, and returns NumPy
        arrays.
    """
    if keras.config.backend() != "torch":
        return model.predict_on_batch

    from kerasdl.backend.fused.torch_outputs import Outputs

    def told(reason: str) -> None:
        line = f"kerasdl: {model.name} predicts by Keras's own function: {reason}"
        warnings.warn(line, AccelerationWarning, stacklevel=3)

    return Outputs(model, told)
