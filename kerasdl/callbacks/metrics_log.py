"""A callback that logs one line of metrics for each epoch."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import keras

from kerasdl.callbacks.host_memory import peak_resident_bytes
from kerasdl.optimizers import gradient_monitor


class MetricsLog(keras.callbacks.Callback):
    """Pass a line of metrics to `write` after each epoch.

    A line holds:

    - `epoch`: 0-based.
    - `step`: optimizer steps so far.
    - Keras's metrics, under Keras's names.
    - `learning_rate`: of the next step, before a later callback cuts it.
    - `grad_norm`: mean over the epoch before clipping, with
      `kerasdl.optimizers.GradientMonitor`.
    - `examples_per_second`: of training alone.
    - `peak_memory_bytes`.
    - `seconds`: of the whole epoch.
    - What each of `watches` has `measured` in this epoch.

    Args:
        write: Receives each line.
        examples: Training examples in an epoch.
        peak_device_memory_bytes: Returns the peak accelerator memory so far, or None to
            log the peak resident memory of the process instead.
        watches: Callbacks such as `ResourceDiagnostics`, whose `measured` is logged.
    """

    order = 20

    async_safe = True

    def __init__(
        self,
        write: Callable[[dict[str, Any]], None],
        examples: int,
        peak_device_memory_bytes: Callable[[], int | None],
        watches: Sequence[Any] = (),
    ):
        super().__init__()
        self.write = write
        self.examples = examples
        self.peak_device_memory_bytes = peak_device_memory_bytes
        self.watches = watches
        self.lines: list[dict[str, Any]] = []
        self.before = 0

    def get_state(self) -> dict[str, Any]:
        """Return the lines so far, and the steps of the stages before."""
        return {"lines": list(self.lines), "before": self.before}

    def set_state(self, state: dict[str, Any]) -> None:
        """Restore the lines of a resumed run; they are not written again."""
        self.lines = list(state["lines"])
        self.before = state.get("before", 0)  # which older checkpoints lack

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Start the clock and reset the mean gradient norm.

        An optimizer that begins anew counts on from the steps of the stage before.
        """
        if self.lines and not _to_float(self.model.optimizer.iterations):
            self.before = self.lines[-1]["step"]
        self._start = time.perf_counter()
        self._training_end = None
        monitor = gradient_monitor(self.model.optimizer)
        if monitor and monitor.built:
            monitor.reset_gradient_norm()

    def on_test_begin(self, logs: dict | None = None) -> None:
        """Record when training stopped and validation began."""
        _to_float(self.model.optimizer.iterations)  # waits for the last step
        self._training_end = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Write the line."""
        optimizer = self.model.optimizer
        line: dict[str, Any] = {"epoch": epoch}
        line["step"] = self.before + int(_to_float(optimizer.iterations))
        now = time.perf_counter()
        line |= {name: float(value) for name, value in (logs or {}).items()}
        line["learning_rate"] = _to_float(optimizer.learning_rate)
        if monitor := gradient_monitor(optimizer):
            line["grad_norm"] = monitor.mean_gradient_norm()
        training_seconds = (self._training_end or now) - self._start
        line["examples_per_second"] = round(self.examples / training_seconds, 1)
        line["peak_memory_bytes"] = (
            self.peak_device_memory_bytes() or peak_resident_bytes()
        )
        line["seconds"] = round(now - self._start, 4)
        for watch in self.watches:
            line |= watch.measured
        self.lines.append(line)
        self.write(line)


def _to_float(value: Any) -> float:
    return float(keras.ops.convert_to_numpy(value))
