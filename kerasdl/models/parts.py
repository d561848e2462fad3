"""Inputs, hidden layers and last layers that several families share."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from kerasdl.backend.precision import at_least_float32
from kerasdl.layers import convolution, normalization


def image_input(input_shape: Sequence[int], sized: bool = False) -> tuple[Any, Any]:
    """Return the input of an image model, and the same with a channel axis.

    Args:
        input_shape: `(height, width)` or `(height, width, channels)`.
        sized: Whether to reject None in `input_shape`.

    Raises:
        ValueError: If `input_shape` is neither, or holds None although `sized`.
    """
    if len(input_shape) not in (2, 3):
        rule = "must be (height, width) or (height, width, channels)"
        raise ValueError(f"`input_shape` (={tuple(input_shape)}) {rule}")
    if sized and None in input_shape:
        raise ValueError(f"`input_shape` (={tuple(input_shape)}) must not hold None")
    inputs = keras.Input(tuple(input_shape), name="inputs")
    if len(input_shape) == 3:
        return inputs, inputs
    return inputs, layers.Reshape((*input_shape, 1), name="add_channel")(inputs)


def stem_convolution(x: Any, filters: int, seed: int, padding: str) -> Any:
    """Apply `stem_conv`, a 3×3 convolution with stride 2.

    Args:
        x: Images.
        filters: Output channels.
        seed: Seed of the model.
        padding: `"same"` or `"symmetric"`, as of `InvertedResidualBlock`.
    """
    if padding == "symmetric":
        x = layers.ZeroPadding2D(1, data_format="channels_last", name="stem_pad")(x)
        padding = "valid"
    return convolution(filters, 3, "stem_conv", seed, 2, padding)(x)


def check_no_outputs(num_outputs: int | None) -> None:
    """Raise `ValueError` unless `num_outputs` is None, as in an autoencoder."""
    if num_outputs is not None:
        rule = "must be None: an autoencoder has as many outputs as inputs"
        raise ValueError(f"`num_outputs` (={num_outputs}) {rule}")


def activated(
    x: Any, layer: type, activation: str, norm: str, *, name: str, **settings: Any
) -> Any:
    """Apply a hidden layer, normalisation and an activation.

    The layer has a bias only if `norm` is `"none"`. Then its own `activation` is set, so
    there is one layer.

    Args:
        x: Input of the layer.
        layer: `keras.layers.Dense` or `Conv2D`.
        activation: Name of the activation, as in `keras.activations`.
        norm: As in `normalization`.
        name: Name of the layer, and prefix of the names of the two after it.
        **settings: Other arguments of the layer.
    """
    if norm == "none":
        return layer(activation=activation, name=name, **settings)(x)
    x = layer(use_bias=False, name=name, **settings)(x)
    x = normalization(norm, f"{name}_norm")(x)
    return layers.Activation(activation, name=f"{name}_{activation}")(x)


def head(x: Any, num_outputs: int | None, initializer: Any) -> Any:
    """Return logits or values `(…, num_outputs)`, or `x` if `num_outputs` is None.

    They are float32 or better under every policy, since half precision would round
    them.
    """
    if num_outputs is None:
        return x
    dense = layers.Dense(
        num_outputs,
        kernel_initializer=initializer,
        dtype=at_least_float32(),
        name="head",
    )
    return dense(x)
