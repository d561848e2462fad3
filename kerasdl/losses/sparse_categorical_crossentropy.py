"""Cross-entropy for integer labels with label smoothing."""

from typing import Any, Literal

import keras
from keras import ops

from kerasdl.backend.keras_internals import set_keras_mask

MAX_CLASSES = {"bfloat16": 256, "float16": 2048}
"""Number of classes whose labels a dtype represents exactly."""


@keras.saving.register_keras_serializable(package="kerasdl")
class SparseCategoricalCrossentropy(keras.losses.Loss):
    """Cross-entropy between integer labels and predictions over K classes.

    Keras smooths one-hot labels only. Smoothing ε moves target mass from the true class
    to

    - `"uniform"`: all K classes equally, including the true one. Targets are
      1 − ε + ε/K and ε/K. Szegedy et al. 2016, https://arxiv.org/abs/1512.00567,
      section 7, as in PyTorch and `keras.losses.CategoricalCrossentropy`.
    - `"others"`: the K − 1 other classes. Targets are 1 − ε and ε/(K−1).

    Labels have shape `(…)` or `(…, 1)` and any numeric dtype; predictions have shape
    `(…, K)`. The loss is computed in `dtype`, float32 by default, for any dtype of the
    predictions.

    An invalid label (negative, K or more, a fraction, NaN) makes the loss of its
    example NaN, and so the mean, even where a sample weight is 0. The gradient is that
    of the other examples. JAX truncates 64-bit labels to their lower 32 bits before a
    loss sees them: there, 2**32 + 1 is 1.

    Args:
        from_logits: Whether predictions are logits; otherwise they are probabilities
            that sum to 1.
        label_smoothing: ε, in `[0, 1)`.
        smoothing: `"uniform"` or `"others"`.
        reduction: As in `keras.losses.Loss`.
        name: Name of the loss.
        dtype: As in `keras.losses.Loss`.
        ignore_class: Label to ignore, in or out of 0 … K−1, such as −1 or 255. Its loss
            is 0, and a mean is over the others, as in
            `keras.losses.SparseCategoricalCrossentropy`. None ignores nothing.

    Raises:
        ValueError: If `label_smoothing` or `smoothing` is invalid. In a call, if
            `"others"` smoothing has only one class, or `dtype` cannot represent the
            labels of K classes.
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        reduction: str = "sum_over_batch_size",
        name: str = "sparse_categorical_crossentropy",
        dtype: Any = None,
        ignore_class: int | None = None,
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
        self.ignore_class = ignore_class

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each example, of shape `(…)`."""
        max_classes = MAX_CLASSES.get(self.dtype)
        if max_classes and y_pred.shape[-1] > max_classes:
            what = f"labels of {y_pred.shape[-1]} classes do not fit into {self.dtype}"
            raise ValueError(f"{what}, the dtype of {self.name}: set it to float32")
        if len(y_true.shape) == len(y_pred.shape):
            y_true = ops.squeeze(y_true, axis=-1)
        if self.ignore_class is None:
            return self._losses(y_true, y_pred)
        counts = ops.not_equal(y_true, self.ignore_class)
        y_true = ops.where(counts, y_true, 0)
        # Ignored predictions may be NaN, which must not reach the gradient.
        y_pred = ops.where(ops.expand_dims(counts, axis=-1), y_pred, 0)
        losses = ops.where(counts, self._losses(y_true, y_pred), 0.0)
        set_keras_mask(losses, counts)  # sets the divisor of the mean
        return losses

    def _losses(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each example, NaN for an invalid label."""
        whole = ops.equal(y_true, ops.floor(y_true))
        within = ops.logical_and(y_true >= 0, y_true < y_pred.shape[-1])
        valid = ops.logical_and(whole, within)
        # Backends differ in the value of an out-of-range index.
        labels = ops.cast(ops.where(valid, y_true, 0), "int32")
        losses = self._smoothed(labels, self._log_probabilities(y_pred))
        return ops.where(valid, losses, float("nan"))

    def _log_probabilities(self, y_pred: Any) -> Any:
        if self.from_logits:
            return ops.log_softmax(y_pred, axis=-1)
        return ops.log(ops.clip(y_pred, keras.config.epsilon(), 1.0))

    def _smoothed(self, labels: Any, log_probabilities: Any) -> Any:
        num_classes = log_probabilities.shape[-1]
        index = ops.expand_dims(labels, axis=-1)
        true = -ops.squeeze(ops.take_along_axis(log_probabilities, index, -1), axis=-1)
        if self.label_smoothing == 0:
            return true
        total = -ops.sum(log_probabilities, axis=-1)
        if self.smoothing == "uniform":
            spread = total / num_classes
        else:
            if num_classes < 2:
                raise ValueError("smoothing='others' needs at least 2 classes")
            spread = (total - true) / (num_classes - 1)
        return (1 - self.label_smoothing) * true + self.label_smoothing * spread

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        arguments = {
            "from_logits": self.from_logits,
            "label_smoothing": self.label_smoothing,
            "smoothing": self.smoothing,
            "ignore_class": self.ignore_class,
        }
        return super().get_config() | arguments
