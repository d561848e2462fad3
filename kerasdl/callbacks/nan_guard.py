"""Stop a run whose loss is no longer a number."""

from typing import Any

import keras

from kerasdl.callbacks.early_stopping import finite_losses


class NaNGuard(keras.callbacks.Callback):
    """Stop training after an epoch whose training or validation loss is not finite.

    The epoch's loss is the mean over its steps, so one bad step is enough. Nothing is
    read during the epoch, where it would make every step wait for the device.

    Attributes:
        diverged_at: The epoch (0-based), or None.
    """

    async_safe = True

    def __init__(self) -> None:
        super().__init__()
        self.diverged_at: int | None = None

    def get_state(self) -> dict[str, Any]:
        """Return where it diverged."""
        return {"diverged_at": self.diverged_at}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take up the state of a run that goes on."""
        self.diverged_at = state["diverged_at"]

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Look at the losses."""
        if not finite_losses(logs):
            self.diverged_at = epoch
            self.model.stop_training = True
