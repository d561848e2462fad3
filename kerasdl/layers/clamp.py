"""Bounds of what a model predicts."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasdl")
class Clamp(keras.layers.Layer):
    """Clip the inputs, but not in training, where clipped ones would have no gradient.

    RealMLP predicts no number outside of the range of the training targets: Holzmüller
    et al. 2024, https://arxiv.org/abs/2407.04491, section 3.

    Inputs and outputs have the same shape.

    Args:
        low: The least output.
        high: The greatest output, not below `low`.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If `low` is above `high`.
    """

    def __init__(self, low: float, high: float, **kwargs: Any):
        if not low <= high:
            raise ValueError(f"`low` (={low}) must not be above `high` (={high})")
        super().__init__(**kwargs)
        self.low = low
        self.high = high
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the inputs, clipped unless in training."""
        return inputs if training else ops.clip(inputs, self.low, self.high)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return the input shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return super().get_config() | {"low": self.low, "high": self.high}
