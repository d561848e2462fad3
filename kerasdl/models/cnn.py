"""Residual convolutional networks."""

from collections.abc import Sequence
from typing import Any, Literal

import keras
from keras import layers

from kerasdl.initializers import HeNormal
from kerasdl.layers import ResidualBlock, batch_normalization
from kerasdl.seeds import derive_seed

SMALL_IMAGE = 64
"""Images with a side below this many pixels get the small stem."""


def cnn(
    input_shape: Sequence[int],
    num_outputs: int,
    filters: Sequence[int] = (64, 128, 256),
    stem: Literal["auto", "large", "small"] = "auto",
    seed: int = 0,
    name: str = "cnn",
) -> keras.Model:
    """Return a residual CNN: stem → one block for each width → global pool → Dense.

    Every block after the first halves the image. The large stem is a 7×7 convolution
    with stride 2, batch normalisation, ReLU and 3×3 max-pooling with stride 2; the
    small one a 3×3 convolution with stride 1, batch normalisation and ReLU. He et al.
    2016, https://arxiv.org/abs/1512.03385, sections 3.3 and 4.2.

    The model takes `(batch, height, width, channels)`, or `(batch, height, width)` for
    one channel, and returns float32 logits or values `(batch, num_outputs)`.

    Args:
        input_shape: Shape of one image.
        num_outputs: Classes, or numbers to predict.
        filters: Channels of each residual block; the stem has as many as the first.
        stem: `"large"`, `"small"`, or `"auto"` by the size of the image.
        seed: Decides the weights, the same on every backend.
        name: Name of the model.

    Raises:
        ValueError: If `input_shape` is no image, or another argument is not allowed.
    """
    if len(input_shape) not in (2, 3):
        rule = "must be (height, width) or (height, width, channels)"
        raise ValueError(f"`input_shape` (={tuple(input_shape)}) {rule}")
    if not filters:
        raise ValueError("`filters` must hold at least one width")
    if stem not in ("auto", "large", "small"):
        raise ValueError(f"`stem` (={stem!r}) must be 'auto', 'large' or 'small'")
    inputs = keras.Input(tuple(input_shape), name="inputs")
    x = inputs
    if len(input_shape) == 2:
        x = layers.Reshape((*input_shape, 1), name="add_channel")(x)
    if stem == "auto":
        stem = "small" if min(input_shape[:2]) < SMALL_IMAGE else "large"
    x = _stem(x, filters[0], stem, derive_seed(seed, "stem_conv"))
    for number, width in enumerate(filters, start=1):
        place = f"block_{number}"
        strides = 1 if number == 1 else 2
        x = ResidualBlock(width, strides, derive_seed(seed, place), name=place)(x)
    x = layers.GlobalAveragePooling2D(data_format="channels_last", name="pool")(x)
    outputs = layers.Dense(
        num_outputs,
        kernel_initializer=HeNormal("fan_out", derive_seed(seed, "head")),
        dtype="float32",  # logits stay float32 under every policy
        name="head",
    )(x)
    return keras.Model(inputs, outputs, name=name)


def _stem(x: Any, filters: int, kind: str, seed: int) -> Any:
    large = kind == "large"
    size, strides = (7, 2) if large else (3, 1)
    # Padded by hand: "same" pads strided convolutions at the bottom and right only.
    pad = layers.ZeroPadding2D(size // 2, data_format="channels_last", name="stem_pad")
    convolution = layers.Conv2D(
        filters,
        size,
        strides=strides,
        data_format="channels_last",
        use_bias=False,
        kernel_initializer=HeNormal("fan_out", seed),
        name="stem_conv",
    )
    x = convolution(pad(x))
    x = batch_normalization("stem_norm")(x)
    x = layers.Activation("relu", name="stem_relu")(x)
    if large:
        # ReLU leaves nothing below 0, so padding with 0 pads with the lowest value.
        x = layers.ZeroPadding2D(1, data_format="channels_last", name="stem_pool_pad")(
            x
        )
        x = layers.MaxPooling2D(3, 2, data_format="channels_last", name="stem_pool")(x)
    return x
