"""What several families begin or end with."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from kerasdl.backend.precision import at_least_float32


def image_input(input_shape: Sequence[int], sized: bool = False) -> tuple[Any, Any]:
    """Return the input of a model for images, and the same with a channel axis.

    Args:
        input_shape: `(height, width)` or `(height, width, channels)`.
        sized: Whether height and width must be numbers, or may be None.

    Raises:
        ValueError: If `input_shape` is neither.
    """
    if len(input_shape) not in (2, 3):
        rule = "must be (height, width) or (height, width, channels)"
        raise ValueError(f"`input_shape` (={tuple(input_shape)}) {rule}")
    if sized and None in input_shape:
        raise ValueError(f"`input_shape` (={tuple(input_shape)}) must hold numbers")
    inputs = keras.Input(tuple(input_shape), name="inputs")
    if len(input_shape) == 3:
        return inputs, inputs
    return inputs, layers.Reshape((*input_shape, 1), name="add_channel")(inputs)


def check_no_outputs(num_outputs: int | None) -> None:
    """Raise `ValueError` unless an autoencoder is left to its own outputs."""
    if num_outputs is not None:
        rule = "must be None, for the outputs are those of the input"
        raise ValueError(f"`num_outputs` (={num_outputs}) {rule}")


def head(x: Any, num_outputs: int | None, initializer: Any) -> Any:
    """Return logits or values `(…, num_outputs)`; without a number, `x` itself.

    Half precision would round them, so they are float32 or better under every policy.
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
