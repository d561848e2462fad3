"""The latent codes of a model, beside its outputs."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from kerasdl.errors import ModelFileError
from kerasdl.rundir import RunDir

Predictor = Callable[[Any, int], tuple[np.ndarray, dict[str, np.ndarray]]]
"""Takes inputs and a batch size. Returns the outputs, and columns of latent codes."""


def predictor(model: keras.Model, layer: str | None, run: RunDir) -> Predictor:
    """Return a function that predicts.

    Args:
        model: The model of the run.
        layer: Layer whose output is the latent code; None: there are no codes.
        run: The run, for messages.

    Raises:
        ModelFileError: If the model has no such layer.
    """
    if layer is None:
        return lambda x, size: (model.predict(x, batch_size=size, verbose=0), {})
    try:
        heads = [model.output, model.get_layer(layer).output]
        both = keras.Model(model.inputs, heads)
    except (AttributeError, ValueError) as fault:
        what = f"{run.model_file} has no layer {layer!r} with latent codes"
        raise ModelFileError(what, "restore the model of this run") from fault

    def predict(x: Any, size: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        outputs, codes = both.predict(x, batch_size=size, verbose=0)
        return outputs, {"latent": codes.astype("float32")}

    return predict
