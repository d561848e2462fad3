"""A callback that stops a diverged run."""

import math
import time
import warnings
from collections.abc import Callable
from typing import Any

import keras

from kerasdl.callbacks.early_stopping import finite
from kerasdl.errors import DivergedError
from kerasdl.optimizers import GradientAccumulator, find, gradient_monitor

SECONDS = 1.0
"""Seconds between checks for skipped steps; a check waits for the device."""


class NaNGuard(keras.callbacks.Callback):
    """Raise `DivergedError` when training has diverged.

    Training has diverged if:

    - the training or validation loss of an epoch is not finite, unless skipped steps
      explain a non-finite training loss;
    - `max_skipped` steps in a row were skipped, or all steps of an epoch, with a
      `kerasdl.optimizers.GradientMonitor`. This is checked about once a second;
    - the loss scale falls below 1 under `mixed_float16`, where loss scaling skips steps
      until its scale is small enough.

    After skipped steps, the weights are those before the first skipped step. Put it
    before `kerasdl.callbacks.Checkpoint`, so that no diverged epoch is saved, and in
    its `stateful` callbacks.

    Args:
        report: Receives a line for each epoch with skipped steps. Without it, the line
            is a Python warning.

    Raises:
        DivergedError: From `fit`.
    """

    order = 40

    async_safe = True

    def __init__(self, report: Callable[[str], None] | None = None):
        super().__init__()
        self.report = report or (lambda line: warnings.warn(line, stacklevel=2))

    def get_state(self) -> dict[str, Any]:
        """Return the counts at the start of the epoch."""
        return {"before": list(self._before or (0, 0))}

    def set_state(self, state: dict[str, Any]) -> None:
        """Restore the counts of a run that resumes mid-epoch."""
        steps, skipped = state["before"]
        self._before = steps, skipped

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Reset the counts."""
        self._before: tuple[int, int] | None = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Record the counts."""
        self._checked_at, self._batches = time.perf_counter(), 0
        self._before = self._before or self._counts()

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Count the batch; Keras may call this in a thread, during the next step."""
        self._batches = max(self._batches, batch + 1)

    def on_train_batch_begin(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Check the skipped steps, at most once per `SECONDS`."""
        if time.perf_counter() - self._checked_at >= SECONDS:
            self._check()
            self._checked_at = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Check the skipped steps and the losses."""
        self._check()
        before, self._before = self._before or (0, 0), self._counts()
        steps, skipped = (b - a for a, b in zip(before, self._before, strict=True))
        if skipped and skipped == steps:
            raise _diverged(f"all {skipped} steps of epoch {epoch + 1} were skipped")
        expected = self._expected_steps()
        if self._loss_scale() is not None and steps < expected:
            # The monitor does not see the steps that loss scaling skips.
            steps, skipped = expected, skipped + expected - steps
        if skipped:
            which = f"{skipped} of {steps} steps of epoch {epoch + 1}"
            self.report(f"{which} were skipped: their gradient was not finite")
        if not finite(logs, "val_loss", *(() if skipped else ("loss",))):
            raise _diverged(f"a loss is not finite in epoch {epoch + 1}")

    def _expected_steps(self) -> int:
        """Return the number of optimizer steps for the batches of this epoch."""
        accumulator = find(self.model.optimizer, GradientAccumulator)
        return math.ceil(self._batches / (accumulator.steps if accumulator else 1))

    def _loss_scale(self) -> float | None:
        """Return the float16 loss scale, or None without scaling or monitor."""
        scaler = find(self.model.optimizer, keras.optimizers.LossScaleOptimizer)
        if not (scaler and scaler.built and gradient_monitor(scaler)):
            return None
        return float(keras.ops.convert_to_numpy(scaler.dynamic_scale))

    def _check(self) -> None:
        if (scale := self._loss_scale()) is not None and scale < 1:
            raise _diverged(f"float16 gradients overflow at a loss scale of {scale}")
        monitor = gradient_monitor(self.model.optimizer)
        if monitor is None or not monitor.built or not monitor.max_skipped:
            return
        in_a_row = _to_int(monitor.skipped_in_a_row)
        if in_a_row >= monitor.max_skipped:
            raise _diverged(
                f"{monitor.max_skipped} steps in a row had a non-finite gradient"
            )

    def _counts(self) -> tuple[int, int]:
        monitor = gradient_monitor(self.model.optimizer)
        if monitor is None or not monitor.built:
            return 0, 0
        return _to_int(monitor.steps), _to_int(monitor.skipped)


def _to_int(variable: keras.Variable) -> int:
    return int(keras.ops.convert_to_numpy(variable))


def _diverged(what: str) -> DivergedError:
    return DivergedError(what, "lower the learning rate, or clip the gradients")
