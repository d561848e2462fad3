"""Which checkpoint is the best one."""

from typing import Any, Literal

import numpy as np

from kerasdl.checkpoint.snapshot import Snapshot


class Best:
    """Know the best epoch, and keep its state until it is written.

    Args:
        monitor: The metric that decides, by its name in the logs.
        mode: Whether the best is the lowest (`min`) or the highest (`max`).
    """

    def __init__(self, monitor: str, mode: Literal["min", "max"]):
        self.monitor = monitor
        self.mode = mode
        self.details: dict[str, Any] | None = None
        """What `best.json` shall hold."""
        self.snapshot: Snapshot | None = None
        """The state of the best epoch, if it is not written yet."""
        self._measured = self._told = False
        self._former: tuple[dict[str, Any] | None, Snapshot | None] = None, None

    def take_up(
        self, details: dict[str, Any] | None, history: list[dict[str, Any]]
    ) -> None:
        """Go on from what a checkpoint keeps."""
        self.details = details
        self._measured = any(self.monitor in line for line in history)

    def is_missing(self, logs: dict[str, Any] | None = None) -> bool:
        """Tell, once, that an epoch should have measured the metric and did not.

        Args:
            logs: What an epoch measured. Without validation it has no `val_` metric, and
                says nothing of it. None when training is over.
        """
        self._measured |= self.monitor in (logs or {})
        validated = any(name.startswith("val_") for name in logs or {})
        says = logs is None or validated or not self.monitor.startswith("val_")
        missing = says and not self._measured and not self._told
        self._told |= missing
        return missing

    def improved(self, logs: dict[str, Any], epoch: int, step: int) -> bool:
        """Tell whether an epoch is the best so far, which from now on it is."""
        value = logs.get(self.monitor)
        if value is None or not np.all(np.isfinite(value)):
            return False
        value = float(value)
        if self.details is not None:
            best = self.details["value"]
            if not (value < best if self.mode == "min" else value > best):
                return False
        self._former = self.details, self.snapshot
        self.snapshot = None
        self.details = {
            "step": step, "epoch": epoch, "monitor": self.monitor, "value": value,
        }  # fmt: skip
        return True

    def refuse(self, step: int) -> None:
        """Take back that this step is the best: its weights are not finite."""
        if self.details and self.details["step"] == step:
            self.details, self.snapshot = self._former

    def with_kept(self, snapshot: Snapshot | None) -> list[Snapshot]:
        """Return what to write: the best one if it is not written yet, and another."""
        kept, self.snapshot = self.snapshot, None
        return [s for s in (kept, snapshot) if s]
