"""The stem of residual networks."""

from typing import Any

from keras import layers

from kerasdl.layers import convolution, normalization
from kerasdl.models.family import SMALL_IMAGE, Activation, Norm, Stem


def add_stem(
    x: Any,
    filters: int,
    kind: Stem,
    seed: int,
    activation: Activation = "relu",
    norm: Norm = "batch",
) -> Any:
    """Apply the stem and return the input of the first block.

    The large stem is a 7×7 convolution with stride 2, normalisation, activation and 3×3
    max-pooling with stride 2. The small stem is a 3×3 convolution with stride 1,
    normalisation and activation. He et al. 2016, https://arxiv.org/abs/1512.03385,
    sections 3.3 and 4.2. Pooling pads with 0.

    Args:
        x: Images `(batch, height, width, channels)`.
        filters: Channels of the convolution.
        kind: `"large"`, `"small"`, or `"auto"` to choose by the image size.
        seed: Seed of the model.
        activation: As in `ResidualBlock`.
        norm: As in `ResidualBlock`.

    Raises:
        ValueError: If `kind` is `"auto"`, but height or width is None.
    """
    if kind == "auto" and None in x.shape[1:3]:
        rule = "must be 'large' or 'small' if height or width is None"
        raise ValueError(f"`stem` {rule}")
    small = kind == "small" or (kind == "auto" and min(x.shape[1:3]) < SMALL_IMAGE)
    size, strides = (3, 1) if small else (7, 2)
    # Explicit, because "same" pads strided convolutions at the bottom and right only.
    pad = layers.ZeroPadding2D(size // 2, data_format="channels_last", name="stem_pad")
    bias = norm == "none"
    x = convolution(filters, size, "stem_conv", seed, strides, use_bias=bias)(pad(x))
    x = normalization(norm, "stem_norm")(x)
    x = layers.Activation(activation, name=f"stem_{activation}")(x)
    if small:
        return x
    pad = layers.ZeroPadding2D(1, data_format="channels_last", name="stem_pool_pad")
    pool = layers.MaxPooling2D(3, 2, data_format="channels_last", name="stem_pool")
    return pool(pad(x))
