"""Sinusoidal position encodings."""

from typing import Any

import keras
from keras import ops

from kerasdl.backend.precision import at_least_float32


@keras.saving.register_keras_serializable(package="kerasdl")
class SinusoidalPositions(keras.layers.Layer):
    """Add sines and cosines of the position, with geometrically rising wavelengths.

    Feature `2 i` is the sine and `2 i + 1` the cosine of
    `position / base**(2 i / width)`. Vaswani et al. 2017,
    https://arxiv.org/abs/1706.03762, section 3.5.

    Takes `(batch, time, width)`, with an even width; returns the same shape.

    Args:
        base: Wavelengths rise from `2π` to almost `2π * base`; above 1.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If `base` is not above 1, or the width is odd.
    """

    def __init__(self, base: float = 10_000.0, **kwargs: Any):
        if base <= 1:
            raise ValueError(f"`base` (={base}) must be above 1")
        super().__init__(**kwargs)
        self.base = base
        self.supports_masking = True

    def build(self, input_shape: tuple) -> None:
        """Check the width."""
        if input_shape[-1] % 2:
            raise ValueError(f"the width (={input_shape[-1]}) must be even")
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return the inputs plus the encodings of their positions."""
        _, time, width = inputs.shape
        steps = ops.shape(inputs)[1] if time is None else time
        dtype = at_least_float32(inputs.dtype)
        position = ops.arange(steps, dtype=dtype)[:, None]
        angle = position * self.base ** (-ops.arange(0, width, 2, dtype=dtype) / width)
        waves = ops.stack([ops.sin(angle), ops.cos(angle)], axis=-1)
        return inputs + ops.cast(ops.reshape(waves, (-1, width)), inputs.dtype)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return the input shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return super().get_config() | {"base": self.base}
