"""How residual networks begin."""

from typing import Any, Literal

from keras import layers

from kerasdl.layers import batch_normalization, convolution

SMALL_IMAGE = 64
"""Images with a side below this many pixels get the small stem."""

Stem = Literal["auto", "large", "small"]


def add_stem(x: Any, filters: int, kind: Stem, seed: int) -> Any:
    """Return what the first block takes.

    The large stem is a 7×7 convolution with stride 2, batch normalisation, ReLU and 3×3
    max-pooling with stride 2; the small one a 3×3 convolution with stride 1, batch
    normalisation and ReLU. He et al. 2016, https://arxiv.org/abs/1512.03385, sections
    3.3 and 4.2.

    Args:
        x: Images `(batch, height, width, channels)`.
        filters: Channels of the convolution.
        kind: `"large"`, `"small"`, or `"auto"` by the size of the image.
        seed: Seed of the model.

    Raises:
        ValueError: If there is no such kind, or nothing to tell it by.
    """
    if kind not in ("auto", "large", "small"):
        raise ValueError(f"`stem` (={kind!r}) must be 'auto', 'large' or 'small'")
    if kind == "auto" and None in x.shape[1:3]:
        raise ValueError("`stem` must be 'large' or 'small' for images of any size")
    small = kind == "small" or (kind == "auto" and min(x.shape[1:3]) < SMALL_IMAGE)
    size, strides = (3, 1) if small else (7, 2)
    # Padded by hand: "same" pads strided convolutions at the bottom and right only.
    pad = layers.ZeroPadding2D(size // 2, data_format="channels_last", name="stem_pad")
    x = convolution(filters, size, "stem_conv", seed, strides)(pad(x))
    x = batch_normalization("stem_norm")(x)
    x = layers.Activation("relu", name="stem_relu")(x)
    if small:
        return x
    # ReLU leaves nothing below 0, so padding with 0 pads with the lowest value.
    pad = layers.ZeroPadding2D(1, data_format="channels_last", name="stem_pool_pad")
    pool = layers.MaxPooling2D(3, 2, data_format="channels_last", name="stem_pool")
    return pool(pad(x))
