"""The outputs of a model for examples, in few calls of one shape."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras


def outputs_of(model: "keras.Model", x: np.ndarray, batch_size: int) -> np.ndarray:
    """Return the outputs of a model.

    Every batch has the same shape, so that a backend compiles once. `Model.predict`
    takes more time to begin than a small model takes to predict.

    Args:
        model: The model.
        x: Inputs of shape `(examples, …)`.
        batch_size: Examples per batch; the last batch repeats its last example.
    """
    parts, size = [], min(batch_size, len(x))
    for start in range(0, len(x), size):
        batch = x[start : start + size]
        rows = np.minimum(np.arange(size), len(batch) - 1)
        parts.append(model.predict_on_batch(batch[rows])[: len(batch)])
    return np.concatenate(parts)
