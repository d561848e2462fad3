"""An activation of which each unit learns its share."""

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="kerasdl")
class ParametricActivation(keras.layers.Layer):
    """Return `(1 − α) · x + α · activation(x)`, where each unit learns its α.

    α begins with 1. Holzmüller et al. 2024, https://arxiv.org/abs/2407.04491, section 3.

    Takes `(…, units)` and returns the same shape.

    Args:
        activation: Name of the activation, as in `keras.activations`.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If `activation` is unknown.
    """

    def __init__(self, activation: str = "selu", **kwargs: Any):
        keras.activations.get(activation)
        super().__init__(**kwargs)
        self.activation = activation
        self.supports_masking = True

    def build(self, input_shape: tuple) -> None:
        """Create the shares."""
        self.alpha = self.add_weight(
            shape=(input_shape[-1],), initializer="ones", name="alpha"
        )
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return the mixture of the inputs and their activation."""
        activated = keras.activations.get(self.activation)(inputs)
        return inputs + (activated - inputs) * self.alpha

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return the input shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return super().get_config() | {"activation": self.activation}
