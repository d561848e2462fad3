"""Residual convolutional networks."""

from collections.abc import Sequence

import keras
from keras import layers

from kerasdl.initializers import HeNormal
from kerasdl.layers import ResidualBlock
from kerasdl.models.parts import head, image_input
from kerasdl.models.stem import Stem, add_stem
from kerasdl.seeds import derive_seed


def cnn(
    input_shape: Sequence[int],
    num_outputs: int | None,
    filters: Sequence[int] = (64, 128, 256),
    stem: Stem = "auto",
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
        input_shape: Shape of one image; with a `stem`, its sides may be None.
        num_outputs: Classes, or numbers to predict; None leaves the last layer off.
        filters: Channels of each residual block; the stem has as many as the first.
        stem: `"large"`, `"small"`, or `"auto"` by the size of the image.
        seed: Decides the weights, the same on every backend.
        name: Name of the model.

    Raises:
        ValueError: If `input_shape` is no image, or another argument is not allowed.
    """
    inputs, x = image_input(input_shape)
    if not filters:
        raise ValueError("`filters` must hold at least one width")
    x = add_stem(x, filters[0], stem, seed)
    for number, width in enumerate(filters, start=1):
        place = f"block_{number}"
        strides = 1 if number == 1 else 2
        x = ResidualBlock(width, strides, derive_seed(seed, place), name=place)(x)
    x = layers.GlobalAveragePooling2D(data_format="channels_last", name="pool")(x)
    kernel = HeNormal("fan_out", derive_seed(seed, "head"))
    return keras.Model(inputs, head(x, num_outputs, kernel), name=name)
