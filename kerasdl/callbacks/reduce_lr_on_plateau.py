"""A callback that cuts the learning rate when a metric stops improving."""

import warnings
from collections.abc import Callable
from typing import Any, Literal

import keras

from kerasdl.callbacks.plateau import Plateau

SMALLEST_CUT = 1e-8
"""A smaller cut is not made, as in PyTorch."""


class ReduceLROnPlateau(keras.callbacks.Callback):
    """Multiply the learning rate by a factor when a metric has stopped improving.

    It cuts after the same epochs as PyTorch's `ReduceLROnPlateau` with a relative
    threshold and no cooldown. That is after `patience` + 1 epochs without improvement;
    Keras's callback of this name cuts one epoch earlier. An epoch without the metric
    does not count. The count continues in a further `fit`, and is restored by
    `kerasdl.callbacks.Checkpoint`.

    Args:
        monitor: Name of the metric in the logs.
        factor: Multiplier of the learning rate in a cut, in `(0, 1)`.
        patience: Epochs without improvement that are tolerated, at least 0.
        threshold: Least relative difference from the best value, in `[0, 1)`.
        mode: Whether a lower (`min`) or a higher (`max`) value is better.
        report: Receives a line for each cut, and one if the metric was never measured.
            Without it, the latter is a Python warning.

    Raises:
        ValueError: If an argument is out of range.
    """

    order = 60

    async_safe = True

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        mode: Literal["min", "max"] = "min",
        report: Callable[[str], None] | None = None,
    ):
        super().__init__()
        if not 0 < factor < 1:
            raise ValueError(f"`factor` (={factor}) must satisfy 0 < factor < 1")
        if patience < 0:
            raise ValueError(f"`patience` (={patience}) must be at least 0")
        if not 0 <= threshold < 1:
            raise ValueError(
                f"`threshold` (={threshold}) must satisfy 0 ≤ threshold < 1"
            )
        if mode not in ("min", "max"):
            raise ValueError(f"`mode` (={mode!r}) must be 'min' or 'max'")
        self.monitor = monitor
        self.factor = factor
        self.plateau = Plateau(patience, threshold, mode)
        self.report = report
        self.measured = self.missed = False

    def get_state(self) -> dict[str, Any]:
        """Return the best value and the epochs since."""
        return {"best": self.plateau.best, "bad_epochs": self.plateau.bad_epochs}

    def set_state(self, state: dict[str, Any]) -> None:
        """Restore the count; version 0.1 saved the state of Keras's callback."""
        if state["best"] is not None:
            self.plateau.best = state["best"]
        count = "bad_epochs" if "bad_epochs" in state else "wait"
        self.plateau.bad_epochs = state[count]
        self.measured = True

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Cut the learning rate if the metric has stopped improving."""
        value = (logs or {}).get(self.monitor)
        if value is None:
            self.missed = True
            return
        self.measured = True
        waited = self.plateau.bad_epochs + 1
        if self.plateau.ends(float(value)):
            self._cut(epoch, waited)

    def _cut(self, epoch: int, waited: int) -> None:
        optimizer = self.model.optimizer
        previous = float(keras.ops.convert_to_numpy(optimizer.learning_rate))
        rate = previous * self.factor
        if previous - rate <= SMALLEST_CUT:
            return
        optimizer.learning_rate = rate
        if self.report:
            epochs = "1 epoch" if waited == 1 else f"{waited} epochs"
            self.report(
                f"learning rate cut to {rate:.3g} after epoch {epoch + 1}: "
                f"{self.monitor} has not improved for {epochs}"
            )

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Report if the metric was never measured."""
        if self.missed and not self.measured:
            line = f"the learning rate was never cut: {self.monitor} is not measured"
            report = self.report or (lambda line: warnings.warn(line, stacklevel=2))
            report(line)
