"""Early stopping that ignores diverged epochs."""

import contextlib
import math
from typing import Any

import keras

from kerasdl.callbacks.averaged_weights import averaged_weights


class EarlyStopping(keras.callbacks.EarlyStopping):
    """Keras's early stopping, ignoring epochs that have diverged.

    A network with NaN outputs still has an accuracy, perhaps the best so far. So
    `val_loss` must be finite, and `loss` too if `monitor` is a training metric.

    Args:
        *args: Passed to `keras.callbacks.EarlyStopping`.
        averaged: Whether the best weights are the averages that the optimizer keeps, as
            `kerasdl.callbacks.AveragedWeights` validates those.
        **kwargs: Passed to `keras.callbacks.EarlyStopping`.
    """

    order = 50

    def __init__(self, *args: Any, averaged: bool = False, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.averaged = averaged

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Compare the epoch with the best one if its losses are finite."""
        training = () if self.monitor.startswith("val_") else ("loss",)
        if finite(logs, "val_loss", *training):
            averaged = averaged_weights(self.model)
            with averaged if self.averaged else contextlib.nullcontext():
                super().on_epoch_end(epoch, logs)


def finite(logs: dict[str, Any] | None, *names: str) -> bool:
    """Return whether these metrics are finite; a missing one counts as finite."""
    return all(math.isfinite(float((logs or {}).get(name, 0))) for name in names)
