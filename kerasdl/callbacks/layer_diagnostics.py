"""A callback that watches gradients, updates and activations of each layer."""

from collections.abc import Callable
from typing import Any

import keras

from kerasdl.callbacks.layer_statistics import Batch, LayerStatistics
from kerasdl.callbacks.once import Once
from kerasdl.diagnostics.layer_findings import layer_findings
from kerasdl.errors import reason_of
from kerasdl.finding import Finding


class LayerDiagnostics(keras.callbacks.Callback):
    """Measure gradients, updates and activations of each layer on a probe batch.

    Keras passes callbacks neither batch nor gradient. So the model's own step is taken
    with a batch that is given here. Afterwards the model, its optimizer, its metrics and
    all random generators are as before, to the last bit. Any compiled model will do,
    subclassed or with a `train_step` of its own, fused by `kerasdl.accelerate` or not::

        layers = LayerDiagnostics((x[:64], y[:64]))
        model.fit(x, y, epochs=20, callbacks=[layers])
        print(layers.lines[-1]["gradient_norm/dense"])

    Args:
        batch: Arrays `(x, y)` or `(x, y, weights)`, or a function that returns them.
        every_epochs: Epochs between two measurements, at least 1. One takes about as
            long as a few steps of Keras's own, and the first one compiles.
        report: Receives each finding, each kind once. Without it, warnings become
            Python warnings.

    Raises:
        ValueError: If `every_epochs` is below 1.

    Attributes:
        lines: For each measured epoch, `epoch` (0-based), and by path of the layer:

            - `gradient_norm/…`: norm of the gradient of its weights, before clipping.
            - `update_ratio/…`: norm of the change of its weights in one step, over
              their own norm.
            - `activation_mean/…`, `activation_std/…`: of its outputs in inference, if
              it has weights.
            - `dead_share/…`: share of the units that are zero for all examples, if it
              is a rectifier.
        measured: What was measured in the last epoch, empty if nothing was.
    """

    order = 16

    async_safe = True

    def __init__(
        self,
        batch: Batch | Callable[[], Batch],
        every_epochs: int = 1,
        report: Callable[[Finding], Any] | None = None,
    ):
        super().__init__()
        if every_epochs < 1:
            raise ValueError(f"`every_epochs` (={every_epochs}) must be at least 1")
        self.batch = batch
        self.every_epochs = every_epochs
        self.once = Once(report)
        self.lines: list[dict[str, Any]] = []
        self.measured: dict[str, float] = {}

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Forget a former training."""
        self.lines, self.measured, self.once.told = [], {}, []
        self._statistics: LayerStatistics | None = None
        self._failed = False

    def get_state(self) -> dict[str, Any]:
        """Return the lines, and what was told."""
        return {"lines": list(self.lines), "told": list(self.once.told)}

    def set_state(self, state: dict[str, Any]) -> None:
        """Restore the lines of a run that resumes."""
        self.lines, self.once.told = list(state["lines"]), list(state["told"])

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Measure, if the epoch is due, and tell what the layers say."""
        self.measured = {}
        if self._failed or (epoch + 1) % self.every_epochs:
            return
        try:
            statistics = self._measure()
        except Exception as fault:  # noqa: BLE001  any fault of a third-party layer
            self._failed = True
            self.once.tell([_not_measured(fault)])
            return
        self.measured = {
            f"{name}/{layer}": value
            for name, values in statistics.items()
            for layer, value in values.items()
        }
        self.lines.append({"epoch": epoch, **self.measured})
        self.once.tell(layer_findings(statistics))

    def _measure(self) -> dict[str, dict[str, float]]:
        model = self.model
        if self._statistics is None:
            self._statistics = LayerStatistics(model)
        batch = self.batch() if callable(self.batch) else self.batch
        return self._statistics.measure(batch)


def _not_measured(fault: Exception) -> Finding:
    return Finding(
        "layers",
        f"the layers are not measured: {reason_of(fault)}",
        "call model.train_on_batch on the probe batch to see where",
    )
