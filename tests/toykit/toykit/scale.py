"""A layer: its input times one number that is learned."""

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="toykit")
class Scale(keras.layers.Layer):
    """Multiply by a number that begins with 1."""

    def build(self, input_shape: tuple) -> None:
        self.factor = self.add_weight(name="factor", shape=(), initializer="ones")

    def call(self, inputs: Any) -> Any:
        return inputs * self.factor
