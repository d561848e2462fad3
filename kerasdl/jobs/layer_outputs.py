"""The outputs of every layer of a model for a batch."""

from typing import Any

import keras
import numpy as np


def layer_outputs(model: keras.Model, x: Any, training: bool) -> dict[str, np.ndarray]:
    """Return the outputs of every layer, and of the model.

    The last layer's output may also be the model's. Running statistics and seed
    generators do not change.

    Args:
        model: A model of one input.
        x: The input, with the batch axis.
        training: Whether layers behave as in training.

    Returns:
        Layer name to output, in the model's order. Further outputs of a layer append
        `#1`, `#2` and so on to its name.
    """
    layers = [
        layer
        for layer in model.layers
        if not isinstance(layer, keras.layers.InputLayer)
    ]
    named = [
        *((layer.name, layer.output) for layer in layers),
        (model.name, model.output),
    ]
    probe = keras.Model(model.inputs, [output for _, output in named])
    with keras.StatelessScope():
        outputs = probe([x], training=training)
    return {
        f"{name}#{number}" if number else name: array(part)
        for (name, _), output in zip(named, outputs, strict=True)
        for number, part in enumerate(keras.tree.flatten(output))
    }


def array(tensor: Any) -> np.ndarray:
    """Return a NumPy copy of a tensor, whose memory the backend will reuse."""
    return keras.ops.convert_to_numpy(tensor).copy()
