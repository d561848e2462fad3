"""The graph of an exported network."""

from typing import Any

import keras
import numpy as np
from keras import ops

from kerasdl.data.preprocessing import Scaling


class Scaled(keras.layers.Layer):
    """Values of the data, scaled to what a model was trained on.

    Args:
        scaling: How.
    """

    def __init__(self, scaling: Scaling):
        super().__init__(name="scaled", trainable=False, dtype="float32")
        self.mean, self.scale = scaling.mean, scaling.scale

    def call(self, values: Any) -> Any:
        """Return scaled values, float32 of the same shape."""
        mean, scale = map(ops.convert_to_tensor, (self.mean, self.scale))
        return (ops.cast(values, "float32") - mean) / scale


def with_scaling(model: keras.Model, scaling: Scaling | None) -> keras.Model:
    """Return a model that scales its inputs itself.

    Its names do not depend on what else this process built, and so its files are the
    same each time.

    Args:
        model: The model.
        scaling: How inputs follow from values of the data; None if they do not.
    """
    if scaling is None:
        return model
    values = keras.Input(model.input_shape[1:], dtype=scaling.dtype, name="inputs")
    return keras.Model(values, model(Scaled(scaling)(values)), name="network")


def unscaled(inputs: np.ndarray, scaling: Scaling | None) -> np.ndarray:
    """Return the values of the data that inputs follow from."""
    if scaling is None:
        return inputs
    values = inputs.astype("float64") * scaling.scale + scaling.mean
    whole = np.round(values) if scaling.dtype == "uint8" else values
    return whole.astype(scaling.dtype)
