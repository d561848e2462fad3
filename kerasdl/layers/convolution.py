"""Convolutions initialised as in residual networks."""

from typing import Any

import keras

from kerasdl.initializers import HeNormal
from kerasdl.seeds import derive_seed


def convolution(
    filters: int,
    size: int,
    name: str,
    seed: int | None,
    strides: int = 1,
    padding: str = "valid",
    use_bias: bool = False,
    dtype: Any = None,
) -> keras.layers.Layer:
    """Return a `keras.layers.Conv2D` with a He-normal kernel, by fan-out.

    Args:
        filters: Output channels.
        size: Side of the kernel.
        name: Name of the layer; its own seed is derived from `seed` and this name.
        seed: Seed of the parent layer or model, or None.
        strides: As in `keras.layers.Conv2D`. If above 1, pad the input beforehand:
            `"same"` would pad at the bottom and right only.
        padding: As in `keras.layers.Conv2D`.
        use_bias: As in `keras.layers.Conv2D`; batch normalisation would cancel it.
        dtype: As in `keras.layers.Conv2D`.
    """
    return keras.layers.Conv2D(
        filters,
        size,
        strides=strides,
        padding=padding,
        data_format="channels_last",
        use_bias=use_bias,
        kernel_initializer=HeNormal(
            "fan_out", None if seed is None else derive_seed(seed, name)
        ),
        dtype=dtype,
        name=name,
    )
