"""The best checkpoint of a training."""

from typing import Any, Literal

import numpy as np

from kerasdl.checkpoint.snapshot import Snapshot


class Best:
    """Track the best epoch, and hold its snapshot until it is written.

    Args:
        monitor: Name in the logs of the metric that decides.
        mode: Whether a lower (`min`) or a higher (`max`) value is better.
    """

    def __init__(self, monitor: str, mode: Literal["min", "max"]):
        self.monitor = monitor
        self.mode = mode
        self.details: dict[str, Any] | None = None
        """The contents of `best.json`."""
        self.snapshot: Snapshot | None = None
        """The state of the best epoch, until it is written."""
        self._measured = self._warned = False
        self._previous: tuple[dict[str, Any] | None, Snapshot | None] = None, None

    def restore(
        self, details: dict[str, Any] | None, history: list[dict[str, Any]]
    ) -> None:
        """Restore the best epoch from a checkpoint."""
        self.details = details
        self._measured = any(self.monitor in line for line in history)

    def is_missing(self, logs: dict[str, Any] | None = None) -> bool:
        """Return True, once, if the metric should have been measured and was not.

        Args:
            logs: The logs of an epoch, or None at the end of training. An epoch without
                validation may lack a `val_` metric.
        """
        self._measured |= self.monitor in (logs or {})
        validated = any(name.startswith("val_") for name in logs or {})
        expected = logs is None or validated or not self.monitor.startswith("val_")
        missing = expected and not self._measured and not self._warned
        self._warned |= missing
        return missing

    def improved(self, logs: dict[str, Any], epoch: int, step: int) -> bool:
        """Return whether an epoch is the best so far, and record it if so."""
        value = logs.get(self.monitor)
        if value is None or not np.all(np.isfinite(value)):
            return False
        value = float(value)
        if self.details is not None:
            best = self.details["value"]
            if not (value < best if self.mode == "min" else value > best):
                return False
        self._previous = self.details, self.snapshot
        self.snapshot = None
        self.details = {
            "step": step, "epoch": epoch, "monitor": self.monitor, "value": value,
        }  # fmt: skip
        return True

    def withdraw(self, step: int) -> None:
        """Withdraw a step as the best, because its weights are not finite."""
        if self.details and self.details["step"] == step:
            self.details, self.snapshot = self._previous

    def take_pending(self, snapshot: Snapshot | None) -> list[Snapshot]:
        """Return the snapshots to write: a pending best one, then `snapshot`."""
        pending, self.snapshot = self.snapshot, None
        return [s for s in (pending, snapshot) if s]
