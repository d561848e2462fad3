"""The loss of a model that knows nothing."""

from typing import Any

import keras
import numpy as np

from kerasdl.jobs.loss_kind import loss_kind


def loss_of_nothing(
    model: keras.Model, batch: tuple[Any, ...], outputs: list[np.ndarray]
) -> float | None:
    """Return the loss of outputs of zero, or of equal probabilities; None if unknown.

    Args:
        model: A compiled model.
        batch: A batch `(x, y)` or `(x, y, weights)`.
        outputs: Its outputs.
    """
    loss: Any = model.loss
    kind = None if isinstance(loss, dict | list) else loss_kind(loss)
    if kind is None or len(outputs) != 1 or len(batch) < 2:
        return None
    count = 2 if kind.name == "binary" else outputs[0].shape[-1]
    is_zero = kind.from_logits or kind.name == "numbers"
    nothing = np.full(outputs[0].shape, 0 if is_zero else 1 / count, "float32")
    loss = keras.losses.get(loss)
    weights = batch[2:] if isinstance(loss, keras.losses.Loss) else ()
    value = keras.ops.mean(loss(batch[1], nothing, *weights))
    return float(keras.ops.convert_to_numpy(value)) or None
