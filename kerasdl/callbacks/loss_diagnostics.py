"""A callback that watches the losses of training."""

import threading
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

import keras
import numpy as np

from kerasdl.backend.keras_internals import unsynced_model
from kerasdl.callbacks.once import Once
from kerasdl.diagnostics.loss_findings import (
    WINDOWS,
    is_spike,
    not_finite,
    overfitting,
    plateau,
    spike,
)
from kerasdl.finding import Finding
from kerasdl.optimizers import gradient_monitor

BATCHES = 10
"""Batches whose mean loss is compared with that of others. Of a shorter epoch, or with a
`train_step` of the model's own, it is that of the epoch."""
MOST_WINDOWS = 2_000
"""Windows of an epoch, about; those of a longer epoch have more batches."""
MOST_SPIKES = 5
"""Spikes that are told of a run."""


class LossDiagnostics(keras.callbacks.Callback):
    """Tell spikes, plateaus, overfitting, and losses that are not finite.

    Each is told once, and spikes up to five times. It reads the running mean of the
    loss, which Keras computes anyway::

        model.fit(x, y, validation_split=0.1, callbacks=[LossDiagnostics()])

    Args:
        report: Receives each finding. Without it, warnings and errors become Python
            warnings.

    Attributes:
        losses: The training loss of each epoch.
        val_losses: The validation loss of each epoch, None where there is none.
    """

    order = 17

    async_safe = True

    def __init__(self, report: Callable[[Finding], Any] | None = None):
        super().__init__()
        self.once = Once(report)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Forget a former training."""
        step = type(unsynced_model(self)).train_step
        # A step of its own may log the loss of each batch, or any other.
        self._has_means = step is keras.Model.train_step
        self._window = max(BATCHES, (self.params.get("steps") or 0) // MOST_WINDOWS)
        self._lock = threading.Lock()
        self.losses: list[float] = []
        self.val_losses: list[float | None] = []
        self.once.told = []
        self.recent: list[float] = []
        """The mean losses of the last windows, over all epochs."""
        self.means: dict[int, tuple[int, float]] = {}
        """Batches, and the mean loss of all of them, by windows since the epoch began."""

    def get_state(self) -> dict[str, Any]:
        """Return the losses, and what was told."""
        with self._lock:
            means = sorted(self.means.values())
        return {
            "losses": list(self.losses),
            "val_losses": list(self.val_losses),
            "told": list(self.once.told),
            "recent": list(self.recent),
            "batches": [batches for batches, _ in means],
            "means": [mean for _, mean in means],
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Restore the losses of a run that resumes."""
        self.once.told = list(state["told"])
        self.losses, self.val_losses = list(state["losses"]), list(state["val_losses"])
        self.recent = list(state["recent"])
        means = zip(state["batches"], state["means"], strict=False)
        self.means = {n // self._window: (n, mean) for n, mean in means}

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Read the loss; Keras may call this in threads, in any order."""
        batches = batch + 1
        if self._has_means and batches >= self._window:
            read = batches, float((logs or {})["loss"])
            with self._lock:
                window = batches // self._window
                self.means[window] = min(read, self.means.get(window, read))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Tell what the losses of all epochs say."""
        means, self.means = sorted(self.means.values()), {}
        logs = logs or {}
        if "loss" not in logs:
            return
        self._tell_spike(means or [(1, float(logs["loss"]))], epoch)
        self.losses.append(float(logs["loss"]))
        val_loss = logs.get("val_loss")
        self.val_losses.append(None if val_loss is None else float(val_loss))
        self.once.tell(self._not_finite(epoch))
        self.once.tell(plateau(self.losses))
        self.once.tell(overfitting(self.losses, self.val_losses))

    def _tell_spike(self, means: list[tuple[int, float]], epoch: int) -> None:
        """Tell the highest spike of an epoch.

        Args:
            means: Batches, and the mean loss of all of them, in order.
            epoch: The epoch, 0-based.
        """
        spikes, begin, former = [], 0, 0.0
        for batches, mean in means:
            loss = (batches * mean - former) / (batches - begin)
            if is_spike(self.recent, loss):
                spikes.append((loss, median(self.recent), batches))
            self.recent = [*self.recent, loss][-WINDOWS:]
            begin, former = batches, batches * mean
        if spikes:
            loss, usual, batches = max(spikes)
            place = f"batch {batches} of epoch {epoch + 1}"
            self.once.tell([spike(loss, usual, place)], MOST_SPIKES)

    def _not_finite(self, epoch: int) -> Iterator[Finding]:
        skipped = gradient_monitor(self.model.optimizer) is not None
        values = {"loss": self.losses[-1], "val_loss": self.val_losses[-1]}
        for name, value in values.items():
            if value is not None and not np.isfinite(value):
                yield not_finite(name, epoch, skipped=skipped)
