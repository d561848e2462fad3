"""The residual networks of the paper, by their depth."""

from collections.abc import Sequence
from typing import Literal

import keras
from keras import layers

from kerasdl.initializers import HeNormal
from kerasdl.layers import BottleneckBlock, ResidualBlock
from kerasdl.models.parts import head, image_input
from kerasdl.models.stem import Stem, add_stem
from kerasdl.seeds import derive_seed

WIDTHS = (64, 128, 256, 512)
"""Filters of the blocks of each stage."""
BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}
"""Blocks of each stage, by depth; from 50 on, they are bottlenecks."""


def resnet(
    input_shape: Sequence[int],
    num_outputs: int | None,
    depth: Literal[18, 34, 50] = 18,
    stem: Stem = "auto",
    seed: int = 0,
    name: str = "resnet",
) -> keras.Model:
    """Return ResNet-18, -34 or -50.

    Stem → four stages of blocks, each but the first halving the image → global average
    → Dense. He et al. 2016, https://arxiv.org/abs/1512.03385, table 1; with the small
    stem for small images, as in section 4.2.

    The model takes `(batch, height, width, channels)`, or `(batch, height, width)` for
    one channel, and returns float32 logits or values `(batch, num_outputs)`.

    Args:
        input_shape: Shape of one image; with a `stem`, its sides may be None.
        num_outputs: Classes, or numbers to predict; None leaves the last layer off.
        depth: Layers with weights: 18, 34 or 50.
        stem: `"large"`, `"small"`, or `"auto"` by the size of the image.
        seed: Decides the weights, the same on every backend.
        name: Name of the model.

    Raises:
        ValueError: If `input_shape` is no image, or another argument is not allowed.
    """
    if depth not in BLOCKS:
        raise ValueError(f"`depth` (={depth}) must be one of {tuple(BLOCKS)}")
    inputs, x = image_input(input_shape)
    x = add_stem(x, WIDTHS[0], stem, seed)
    block = ResidualBlock if depth < 50 else BottleneckBlock
    for stage, (width, count) in enumerate(zip(WIDTHS, BLOCKS[depth], strict=True), 1):
        for number in range(1, count + 1):
            place = f"stage_{stage}_block_{number}"
            strides = 2 if stage > 1 and number == 1 else 1
            x = block(width, strides, derive_seed(seed, place), name=place)(x)
    x = layers.GlobalAveragePooling2D(data_format="channels_last", name="pool")(x)
    kernel = HeNormal("fan_out", derive_seed(seed, "head"))
    return keras.Model(inputs, head(x, num_outputs, kernel), name=name)


HUGGING_FACE = {
    r"stem_conv": "resnet.embedder.embedder.convolution",
    r"stem_norm": "resnet.embedder.embedder.normalization",
    r"stage_(\d)_block_(\d)/conv_(\d)": "resnet.encoder.stages.{}.layers.{}.layer.{}"
    ".convolution",
    r"stage_(\d)_block_(\d)/norm_(\d)": "resnet.encoder.stages.{}.layers.{}.layer.{}"
    ".normalization",
    r"stage_(\d)_block_(\d)/projection": "resnet.encoder.stages.{}.layers.{}.shortcut"
    ".convolution",
    r"stage_(\d)_block_(\d)/projection_norm": "resnet.encoder.stages.{}.layers.{}"
    ".shortcut.normalization",
    r"head": "classifier.1",
}
"""Our layers to those of `transformers.ResNetForImageClassification`."""
