"""Stop a run that has diverged."""

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
"""Between two looks at the counts of skipped steps; looking waits for the device."""


class NaNGuard(keras.callbacks.Callback):
    """Raise `DivergedError` when training has diverged.

    With a `kerasdl.optimizers.GradientMonitor`, that is when `max_skipped` steps in a
    row were skipped, seen within a second or so, or all steps of an epoch were. Under
    `mixed_float16`, where loss scaling skips steps until its scale is small enough, it
    is when the scale falls below 1. In any case it is when the training or validation
    loss of an epoch is not finite, unless steps that were skipped explain that of
    training.

    After skipped steps the weights are those before the first of them. Put it before
    `kerasdl.callbacks.Checkpoint`, so that no diverged epoch is saved, and among the
    callbacks whose state that keeps.

    Args:
        report: Takes a line for each epoch in which steps were skipped; without one it
            becomes a Python warning.

    Raises:
        DivergedError: From `fit`.
    """

    order = 40

    async_safe = True

    def __init__(self, report: Callable[[str], None] | None = None):
        super().__init__()
        self.report = report or (lambda line: warnings.warn(line, stacklevel=2))

    def get_state(self) -> dict[str, Any]:
        """Return the counts at the beginning of the epoch."""
        return {"before": list(self._before or (0, 0))}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take up the counts of a run that goes on amid an epoch."""
        steps, skipped = state["before"]
        self._before = steps, skipped

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Forget the training before."""
        self._before: tuple[int, int] | None = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Note the counts."""
        self._looked, self._asked = time.perf_counter(), 0
        self._before = self._before or self._counts()

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Count; Keras may call this in another thread, amid the next step."""
        self._asked = max(self._asked, batch + 1)

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
        before, self._before = self._before or (0, 0), self._counts()
        steps, new = (b - a for a, b in zip(before, self._before, strict=True))
        if new and new == steps:
            raise _diverged(f"all {new} steps of epoch {epoch + 1} were skipped")
        asked = self._asked_steps()
        if self._loss_scale() is not None and steps < asked:
            # The monitor sees no step that loss scaling skips.
            steps, new = asked, new + asked - steps
        if new:
            which = f"{new} of {steps} steps of epoch {epoch + 1}"
            self.report(f"{which} were skipped: their gradient was not finite")
        if not finite(logs, "val_loss", *(() if new else ("loss",))):
            raise _diverged(f"a loss is no longer finite in epoch {epoch + 1}")

    def _asked_steps(self) -> int:
        """Return the optimizer steps that the batches of this epoch asked for."""
        accumulator = find(self.model.optimizer, GradientAccumulator)
        return math.ceil(self._asked / (accumulator.steps if accumulator else 1))

    def _loss_scale(self) -> float | None:
        """Return by what float16 losses are multiplied, if the steps are counted."""
        scaler = find(self.model.optimizer, keras.optimizers.LossScaleOptimizer)
        if not (scaler and scaler.built and gradient_monitor(scaler)):
            return None
        return float(keras.ops.convert_to_numpy(scaler.dynamic_scale))

    def _look(self) -> None:
        if (scale := self._loss_scale()) is not None and scale < 1:
            raise _diverged(f"float16 gradients overflow at a loss scale of {scale}")
        monitor = gradient_monitor(self.model.optimizer)
        if monitor is None or not monitor.built or not monitor.max_skipped:
            return
        in_a_row = _number(monitor.skipped_in_a_row)
        if in_a_row >= monitor.max_skipped:
            raise _diverged(
                f"{monitor.max_skipped} steps in a row had no finite gradient"
            )

    def _counts(self) -> tuple[int, int]:
        monitor = gradient_monitor(self.model.optimizer)
        if monitor is None or not monitor.built:
            return 0, 0
        return _number(monitor.steps), _number(monitor.skipped)


def _number(variable: keras.Variable) -> int:
    return int(keras.ops.convert_to_numpy(variable))


def _diverged(what: str) -> DivergedError:
    return DivergedError(what, "lower the learning rate, or clip the gradients")
