"""Stop a run that has diverged."""

import time
import warnings
from collections.abc import Callable
from typing import Any

import keras

from kerasdl.callbacks.early_stopping import finite_losses
from kerasdl.errors import DivergedError
from kerasdl.optimizers import gradient_monitor

SECONDS = 1.0
"""Between two looks at the counts of skipped steps; looking waits for the device."""


class NaNGuard(keras.callbacks.Callback):
    """Raise `DivergedError` when training has diverged.

    With a `kerasdl.optimizers.GradientMonitor`, that is when `max_skipped` steps in a
    row were skipped, seen within a second or so, or all steps of an epoch were. In any
    case it is when the training or validation loss of an epoch is not finite, unless
    steps that were skipped explain that of training.

    The weights then are those before the first of the skipped steps. Put it before
    `kerasdl.callbacks.Checkpoint`, so that no diverged epoch is saved.

    Args:
        report: Takes a line for each epoch in which steps were skipped; without one it
            becomes a Python warning.

    Raises:
        DivergedError: From `fit`.
    """

    async_safe = True

    def __init__(self, report: Callable[[str], None] | None = None):
        super().__init__()
        self.report = report or (lambda line: warnings.warn(line, stacklevel=2))

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Note the counts."""
        self._looked = time.perf_counter()
        self._steps, self._skipped = self._counts()

    def on_train_batch_begin(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Look at the steps in a row, now and then."""
        if time.perf_counter() - self._looked >= SECONDS:
            self._look()
            self._looked = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Look at the steps and at the losses."""
        self._look()
        steps, skipped = self._counts()
        new, steps = skipped - self._skipped, steps - self._steps
        if new and new == steps:
            raise _diverged(f"all {new} steps of epoch {epoch + 1} were skipped")
        if new:
            which = f"{new} of {steps} steps of epoch {epoch + 1}"
            self.report(f"{which} were skipped: their gradient was not finite")
        if not finite_losses((logs or {}) | ({"loss": 0.0} if new else {})):
            raise _diverged(f"a loss is no longer finite in epoch {epoch + 1}")

    def _look(self) -> None:
        monitor = gradient_monitor(self.model.optimizer)
        if monitor is None or not monitor.built or not monitor.max_skipped:
            return
        in_a_row = _number(monitor.skipped_in_a_row)
        if in_a_row >= monitor.max_skipped:
            raise _diverged(f"{in_a_row} steps in a row had no finite gradient")

    def _counts(self) -> tuple[int, int]:
        monitor = gradient_monitor(self.model.optimizer)
        if monitor is None or not monitor.built:
            return 0, 0
        return _number(monitor.steps), _number(monitor.skipped)


def _number(variable: keras.Variable) -> int:
    return int(keras.ops.convert_to_numpy(variable))


def _diverged(what: str) -> DivergedError:
    return DivergedError(what, "lower the learning rate, or clip the gradients")
