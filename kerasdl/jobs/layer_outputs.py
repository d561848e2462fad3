"""What every layer of a model says to a batch."""

from typing import Any

import keras
import numpy as np


def layer_outputs(model: keras.Model, x: Any, training: bool) -> dict[str, np.ndarray]:
    """Return the outputs of every layer, and of the model, whose last may be shared.

    Running statistics and generators stay as they are.

    Args:
        model: A model of one input.
        x: Its input, with the batch axis.
        training: Whether layers behave as in training.

    Returns:
        By the layer's name, in the model's order; further outputs of a layer have `#1`
        and so on behind it.
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
    every = keras.Model(model.inputs, [output for _, output in named])
    with keras.StatelessScope():
        outputs = every([x], training=training)
    return {
        f"{name}#{number}" if number else name: array(part)
        for (name, _), output in zip(named, outputs, strict=True)
        for number, part in enumerate(keras.tree.flatten(output))
    }


def array(tensor: Any) -> np.ndarray:
    """Return a copy, for the backend will use the memory again."""
    return keras.ops.convert_to_numpy(tensor).copy()
