"""A callback that adds scores of the validation split to the logs."""

from collections.abc import Callable
from typing import Any

import keras

from kerasdl.callbacks.averaged_weights import averaged_weights
from kerasdl.callbacks.early_stopping import finite


class ValidationScores(keras.callbacks.Callback):
    """Add scores of predictions, such as `val_roc_auc`, to the logs of each epoch.

    They are those of the weights that were validated: of the averages, if the optimizer
    keeps some. Names that the logs already have keep their values. An epoch whose
    validation loss is not finite has no scores.

    Args:
        score: Returns the scores of a model by name.
    """

    order = 15

    async_safe = True

    def __init__(self, score: Callable[[keras.Model], dict[str, float]]):
        super().__init__()
        self.score = score

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Score the model."""
        if logs is None or not finite(logs, "val_loss"):
            return
        with averaged_weights(self.model):
            scores = self.score(self.model)
        for name, value in scores.items():
            logs.setdefault(f"val_{name}", value)
