"""A callback that watches speed and memory."""

import time
from collections.abc import Callable
from typing import Any

import keras

from kerasdl import backend
from kerasdl.callbacks.host_memory import resident_bytes
from kerasdl.callbacks.once import Once
from kerasdl.diagnostics.resource_findings import memory_leak, slower
from kerasdl.finding import Finding

SECONDS = 1.0
"""The speed of shorter epochs is not compared."""


class ResourceDiagnostics(keras.callbacks.Callback):
    """Measure speed and memory in each epoch, and tell what slows down or leaks.

    ::

        resources = ResourceDiagnostics()
        model.fit(x, y, epochs=20, callbacks=[resources])
        print(resources.lines[-1]["batches_per_second"])

    Args:
        report: Receives each finding. Without it, they become Python warnings.

    Attributes:
        lines: For each epoch, `epoch` (0-based), `batches_per_second` of training
            alone, the `host_memory_bytes` that are resident after it, and the peak
            `device_memory_bytes` if there is an accelerator.
        measured: The last of these, without `epoch`.
    """

    order = 18

    async_safe = True

    def __init__(self, report: Callable[[Finding], Any] | None = None):
        super().__init__()
        self.once = Once(report)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Forget a former training."""
        self.lines: list[dict[str, Any]] = []
        self.once.told = []
        self.measured: dict[str, float] = {}
        self.rates: list[float] = []
        """Batches per second of the epochs that were long enough, in this process."""
        self.memory: list[int] = []
        """Resident bytes after each epoch, in this process."""

    def get_state(self) -> dict[str, Any]:
        """Return the lines, and what was told."""
        return {"lines": list(self.lines), "told": list(self.once.told)}

    def set_state(self, state: dict[str, Any]) -> None:
        """Restore the lines of a run that resumes; a new process compares anew."""
        self.lines, self.once.told = list(state["lines"]), list(state["told"])

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Start the clock."""
        self._start = self._end = time.perf_counter()
        self._first, self._next = None, 0

    def on_train_batch_begin(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Record where an epoch begins that was resumed."""
        if self._first is None:
            self._first = batch

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Count the batch, whose loss is known; Keras may call this in a thread."""
        self._next = max(self._next, batch + 1)
        self._end = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Measure, and tell what the epochs say."""
        seconds = self._end - self._start
        rate = (self._next - (self._first or 0)) / max(seconds, 1e-9)
        self.measured = {
            "batches_per_second": round(rate, 3),
            "host_memory_bytes": resident_bytes(),
        }
        if device := backend.current().peak_device_memory_bytes():
            self.measured["device_memory_bytes"] = device
        self.lines.append({"epoch": epoch, **self.measured})
        self.memory.append(int(self.measured["host_memory_bytes"]))
        if seconds >= SECONDS:
            self.rates.append(rate)
        self.once.tell(slower(self.rates))
        self.once.tell(memory_leak(self.memory))
