"""The outputs of a model for examples, in few calls of one shape."""

from typing import TYPE_CHECKING

import numpy as np

from kerasdl.data.ahead import in_order
from kerasdl.tasks.measured import Predicted

if TYPE_CHECKING:
    import keras

    from kerasdl.data import Examples


def predicted(model: "keras.Model", examples: "Examples", batch_size: int) -> Predicted:
    """Return what a model predicts for all examples, which are taken by batches.

    Args:
        model: The model.
        examples: The examples.
        batch_size: Examples per batch.
    """
    size, encoded, outputs = min(batch_size, len(examples)), [], []
    for x, y, *_ in in_order(examples, size):
        encoded.append(y)
        outputs.append(outputs_of(model, x, size))
    return Predicted(np.concatenate(encoded), np.concatenate(outputs))


def outputs_of(model: "keras.Model", x: np.ndarray, size: int) -> np.ndarray:
    """Return the outputs of a model for at most `size` inputs.

    Every batch has the same shape, so that a backend compiles once. `Model.predict`
    takes more time to begin than a small model takes to predict.

    Args:
        model: The model.
        x: Inputs of shape `(examples, …)`.
        size: Examples of the batch; the last one is repeated where there are fewer.
    """
    rows = np.minimum(np.arange(size), len(x) - 1)
    return model.predict_on_batch(x[rows])[: len(x)]
