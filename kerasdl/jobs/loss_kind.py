"""What a loss of Keras or kerasdl expects of targets and outputs."""

from typing import Any

import keras

from kerasdl.diagnostics.target_findings import LossKind, LossName
from kerasdl.losses import SparseCategoricalCrossentropy

losses = keras.losses
SPARSE = (losses.SparseCategoricalCrossentropy, SparseCategoricalCrossentropy)
CATEGORICAL = (losses.CategoricalCrossentropy, losses.CategoricalFocalCrossentropy)
BINARY = (losses.BinaryCrossentropy, losses.BinaryFocalCrossentropy)
NUMBERS = (
    losses.MeanSquaredError,
    losses.MeanAbsoluteError,
    losses.Huber,
    losses.LogCosh,
)
CLASSES: dict[LossName, tuple[type, ...]] = {
    "sparse": SPARSE,
    "categorical": CATEGORICAL,
    "binary": BINARY,
    "numbers": NUMBERS,
}
FUNCTIONS: dict[Any, LossName] = {
    losses.sparse_categorical_crossentropy: "sparse",
    losses.categorical_crossentropy: "categorical",
    losses.binary_crossentropy: "binary",
    losses.mean_squared_error: "numbers",
    losses.mean_absolute_error: "numbers",
    losses.huber: "numbers",
    losses.log_cosh: "numbers",
}


def loss_kind(loss: Any) -> LossKind | None:
    """Return what a loss expects, or None if it is of another kind."""
    loss = losses.get(loss) if isinstance(loss, str) else loss
    if callable(loss) and (name := FUNCTIONS.get(loss)):
        return LossKind(name)
    for name, classes in CLASSES.items():
        if isinstance(loss, classes):
            from_logits = getattr(loss, "from_logits", False)
            return LossKind(name, from_logits, getattr(loss, "ignore_class", None))
    return None
