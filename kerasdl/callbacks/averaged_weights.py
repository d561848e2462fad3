"""Evaluate the moving average of the weights instead of the weights."""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras

from kerasdl.backend.keras_internals import moving_averages, trained_variables
from kerasdl.optimizers import innermost


class AveragedWeights(keras.callbacks.Callback):
    """During validation, let the model have the averages that its optimizer keeps.

    For optimizers with `use_ema=True` (Polyak and Juditsky 1992, exponential form); it
    does nothing for others. The weights come back to the bit, while
    `keras.callbacks.SwapEMAWeights` adds and subtracts under TensorFlow.
    """

    order = 10

    async_safe = True

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Bring in the averages."""
        self._averages = contextlib.ExitStack()
        self._averages.enter_context(averaged_weights(self.model))

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        """Bring back the weights."""
        self._averages.close()


@contextlib.contextmanager
def averaged_weights(model: keras.Model) -> Iterator[None]:
    """Let the model have the averages of its weights, if its optimizer keeps any."""
    optimizer = innermost(model.optimizer)
    averages = getattr(optimizer, "use_ema", False) and optimizer.built
    # Before the first step the averages are zeros.
    if not averages or not keras.ops.convert_to_numpy(optimizer.iterations):
        yield
        return
    weights = trained_variables(optimizer)
    averages = moving_averages(optimizer)
    kept = [keras.ops.convert_to_numpy(weight).copy() for weight in weights]
    for weight, average in zip(weights, averages, strict=True):
        weight.assign(keras.ops.convert_to_numpy(average))
    try:
        yield
    finally:
        for weight, value in zip(weights, kept, strict=True):
            weight.assign(value)
