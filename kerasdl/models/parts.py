"""Inputs and last layers that several families share."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from kerasdl.backend.precision import at_least_float32


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


def check_no_outputs(num_outputs: int | None) -> None:
    """Raise `ValueError` unless `num_outputs` is None, as in an autoencoder."""
    if num_outputs is not None:
        rule = "must be None: an autoencoder has as many outputs as inputs"
        raise ValueError(f"`num_outputs` (={num_outputs}) {rule}")


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
