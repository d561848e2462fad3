"""Normalisation by the root mean square."""

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="kerasdl")
class RMSNormalization(keras.layers.Layer):
    """Divide each vector by its root mean square and scale each channel.

    Zhang & Sennrich 2019, https://arxiv.org/abs/1910.07467, section 4. Unlike
    `keras.layers.RMSNormalization`, it propagates a mask.

    Takes `(batch, …, channels)` and returns the same shape and dtype; half precision is
    normalised in float32.

    Args:
        epsilon: Added to the mean square.
        **kwargs: Passed to `keras.layers.Layer`.
    """

    def __init__(self, epsilon: float = 1e-6, **kwargs: Any):
        super().__init__(**kwargs)
        self.epsilon = epsilon
        self.supports_masking = True

    def build(self, input_shape: tuple) -> None:
        """Create the scale of each channel, initially 1."""
        self.scale = self.add_weight((input_shape[-1],), "ones", name="scale")
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return the normalised vectors."""
        return keras.ops.rms_normalization(inputs, self.scale, epsilon=self.epsilon)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return the input shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return super().get_config() | {"epsilon": self.epsilon}
