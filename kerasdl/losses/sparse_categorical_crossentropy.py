"""Cross-entropy over integer labels, with label smoothing."""

from typing import Any, Literal

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasdl")
class SparseCategoricalCrossentropy(keras.losses.Loss):
    """Cross-entropy between integer labels and predictions over K classes.

    Keras smooths one-hot labels only. With smoothing ε, the target of the true class
    loses mass that goes, by convention, to

    - `"uniform"`: all K classes alike, the true one included: 1 − ε + ε/K and ε/K.
      Szegedy et al. 2016, https://arxiv.org/abs/1512.00567, section 7; so do PyTorch
      and `keras.losses.CategoricalCrossentropy`;
    - `"others"`: the K − 1 other classes: 1 − ε and ε/(K−1).

    Takes labels of shape `(…)` or `(…, 1)` and predictions of shape `(…, K)`. Computes
    in `dtype`, float32 unless told otherwise, whatever the dtype of the predictions.

    Args:
        from_logits: Whether predictions are logits, else probabilities that sum to 1.
        label_smoothing: ε, in `[0, 1)`.
        smoothing: `"uniform"` or `"others"`.
        reduction: As in `keras.losses.Loss`.
        name: Name of the loss.
        dtype: As in `keras.losses.Loss`.

    Raises:
        ValueError: If `label_smoothing` or `smoothing` is not allowed, or if mass goes
            to the other classes and there are none.
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        reduction: str = "sum_over_batch_size",
        name: str = "sparse_categorical_crossentropy",
        dtype: Any = None,
    ):
        if not 0 <= label_smoothing < 1:
            rule = "must satisfy 0 ≤ label_smoothing < 1"
            raise ValueError(f"`label_smoothing` (={label_smoothing}) {rule}")
        if smoothing not in ("uniform", "others"):
            rule = "must be 'uniform' or 'others'"
            raise ValueError(f"`smoothing` (={smoothing!r}) {rule}")
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.smoothing = smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each example, of shape `(…)`."""
        num_classes = y_pred.shape[-1]
        if self.from_logits:
            log_probabilities = ops.log_softmax(y_pred, axis=-1)
        else:
            tiny = keras.config.epsilon()
            log_probabilities = ops.log(ops.clip(y_pred, tiny, 1.0))
        if len(y_true.shape) == len(y_pred.shape):
            y_true = ops.squeeze(y_true, axis=-1)
        labels = ops.expand_dims(ops.cast(y_true, "int32"), axis=-1)
        true = -ops.squeeze(ops.take_along_axis(log_probabilities, labels, -1), axis=-1)
        if self.label_smoothing == 0:
            return true
        every = -ops.sum(log_probabilities, axis=-1)
        if self.smoothing == "uniform":
            spread = every / num_classes
        else:
            if num_classes < 2:
                raise ValueError("smoothing='others' needs at least 2 classes")
            spread = (every - true) / (num_classes - 1)
        return (1 - self.label_smoothing) * true + self.label_smoothing * spread

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        arguments = {
            "from_logits": self.from_logits,
            "label_smoothing": self.label_smoothing,
            "smoothing": self.smoothing,
        }
        return super().get_config() | arguments
