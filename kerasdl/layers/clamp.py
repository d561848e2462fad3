"""Bounds of what a model predicts."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="kerasdl")
class Clamp(keras.layers.Layer):
    """Clip the inputs, but not in training, where clipped ones would have no gradient.

    RealMLP predicts no number outside of the range of the training targets: Holzmüller
    et al. 2024, https://arxiv.org/abs/2407.04491, section 3.

    Inputs and outputs have the same shape.

    Args:
        low: The least output; a list has one for each unit of the last axis.
        high: The greatest output, not below `low`; a list if `low` is one.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If `low` is above `high`, or has another length.
    """

    def __init__(
        self,
        low: float | Sequence[float],
        high: float | Sequence[float],
        **kwargs: Any,
    ):
        if np.shape(low) != np.shape(high):
            raise ValueError(f"`low` (={low}) and `high` (={high}) differ in length")
        if not (np.array(low) <= np.array(high)).all():
            raise ValueError(f"`low` (={low}) must not be above `high` (={high})")
        super().__init__(**kwargs)
        self.low = low
        self.high = high
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the inputs, clipped unless in training."""
        if training:
            return inputs
        if np.ndim(self.low) == 0:
            return ops.clip(inputs, self.low, self.high)
        low, high = (
            ops.convert_to_tensor(np.array(bounds), inputs.dtype)
            for bounds in (self.low, self.high)
        )
        return ops.minimum(ops.maximum(inputs, low), high)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return the input shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return super().get_config() | {"low": self.low, "high": self.high}
