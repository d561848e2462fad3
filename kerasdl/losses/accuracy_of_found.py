"""The accuracy of classes, some of which do not count."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasdl")
class AccuracyOfFound(keras.metrics.Mean):
    """Share of targets from 0 whose logit is the largest; others do not count.

    Targets are integers of shape `(…)`, negative where there is nothing to find; logits
    have shape `(…, classes)`.
    """

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Add a batch; sample weights are ignored."""
        labels = ops.cast(y_true, "int32")
        right = ops.equal(ops.cast(ops.argmax(y_pred, axis=-1), "int32"), labels)
        return super().update_state(
            ops.cast(right, self.dtype), ops.cast(labels >= 0, self.dtype)
        )
