"""Validation with the moving averages of the weights."""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras

from kerasdl.backend.keras_internals import moving_averages, trained_variables
from kerasdl.optimizers import innermost


class AveragedWeights(keras.callbacks.Callback):
    """Validate the model with the averaged weights that its optimizer keeps.

    Applies to optimizers with `use_ema=True` (Polyak and Juditsky 1992, exponential form).
    With other optimizers it does nothing. The trained weights are restored bit for bit,
    while `keras.callbacks.SwapEMAWeights` adds and subtracts under TensorFlow.
    """

    order = 10

    async_safe = True

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Swap in the averages."""
        self._averages = contextlib.ExitStack()
        self._averages.enter_context(averaged_weights(self.model))

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        """Restore the trained weights."""
        self._averages.close()


@contextlib.contextmanager
def averaged_weights(model: keras.Model) -> Iterator[None]:
    """Swap in the averaged weights for the body, if the optimizer keeps any."""
    optimizer = innermost(model.optimizer)
    has_averages = getattr(optimizer, "use_ema", False) and optimizer.built
    # Before the first step the averages are zeros.
    if not has_averages or not keras.ops.convert_to_numpy(optimizer.iterations):
        yield
        return
    weights = trained_variables(optimizer)
    averages = moving_averages(optimizer)
    trained = [keras.ops.convert_to_numpy(weight).copy() for weight in weights]
    for weight, average in zip(weights, averages, strict=True):
        weight.assign(keras.ops.convert_to_numpy(average))
    try:
        yield
    finally:
        for weight, value in zip(weights, trained, strict=True):
            weight.assign(value)
