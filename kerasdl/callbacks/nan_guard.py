"""Stop a run whose loss is no longer a number."""

import math
from typing import Any

import keras


class NaNGuard(keras.callbacks.Callback):
    """Stop training after an epoch whose loss is NaN or infinite.

    The epoch's loss is the mean over its steps, so one bad step is enough. Nothing is
    read during the epoch, where it would make every step wait for the device.

    Attributes:
        diverged_at: The epoch (0-based) and its loss, or None.
    """

    async_safe = True

    def __init__(self) -> None:
        super().__init__()
        self.diverged_at: tuple[int, float] | None = None

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Look at the loss."""
        loss = float((logs or {})["loss"])
        if not math.isfinite(loss):
            self.diverged_at = (epoch, loss)
            self.model.stop_training = True
