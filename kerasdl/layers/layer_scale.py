"""A learned factor for each channel of a residual branch."""

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="kerasdl")
class LayerScale(keras.layers.Layer):
    """Multiply each channel by a learned weight that starts small.

    At the end of each residual branch, it lets deep networks start near the identity.
    Touvron et al. 2021, https://arxiv.org/abs/2103.17239, section 2.

    Takes `(…, channels)` and returns the same shape.

    Args:
        initial: Initial value of the weights.
        **kwargs: Passed to `keras.layers.Layer`.
    """

    def __init__(self, initial: float = 1e-5, **kwargs: Any):
        super().__init__(**kwargs)
        self.initial = initial
        self.supports_masking = True

    def build(self, input_shape: tuple) -> None:
        """Create the weights."""
        self.gamma = self.add_weight(
            shape=(input_shape[-1],),
            initializer=keras.initializers.Constant(self.initial),
            name="gamma",
        )
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return the inputs, with each channel scaled."""
        return inputs * self.gamma

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return the input shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return super().get_config() | {"initial": self.initial}
