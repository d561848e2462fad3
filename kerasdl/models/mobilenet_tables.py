"""The tables of the papers on MobileNetV2 and MobileNetV3."""

from typing import NamedTuple


class Block(NamedTuple):
    """An inverted residual block.

    Args:
        inner: Channels of the depthwise convolution.
        filters: Output channels.
        kernel_size: Side of the depthwise kernels.
        strides: Stride of the depthwise convolution.
        squeezes: Whether it has squeeze and excitation.
        activation: Name of the activation.
    """

    inner: int
    filters: int
    kernel_size: int = 3
    strides: int = 1
    squeezes: bool = False
    activation: str = "relu6"


class Network(NamedTuple):
    """The blocks of a variant, and what comes before and after them.

    Args:
        stem: Channels of the first convolution.
        blocks: The blocks.
        last: Channels of the last convolution.
        hidden: Units of the layer after the average; 0 leaves it out.
        activation: Name of the activation of these layers.
    """

    stem: int
    blocks: tuple[Block, ...]
    last: int
    hidden: int
    activation: str


def _v2() -> tuple[Block, ...]:
    """Return the blocks of Sandler et al. 2018, table 2."""
    blocks, channels = [], 32
    for expansion, filters, count, strides in (
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
        (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
    ):  # fmt: skip
        for number in range(count):
            first = strides if number == 0 else 1
            blocks.append(Block(channels * expansion, filters, 3, first))
            channels = filters
    return tuple(blocks)


R, H = "relu", "hard_silu"
NETWORKS = {
    "v2": Network(32, _v2(), 1280, 0, "relu6"),
    "v3-large": Network(
        16,
        (
            Block(16, 16, 3, 1, False, R),
            Block(64, 24, 3, 2, False, R),
            Block(72, 24, 3, 1, False, R),
            Block(72, 40, 5, 2, True, R),
            Block(120, 40, 5, 1, True, R),
            Block(120, 40, 5, 1, True, R),
            Block(240, 80, 3, 2, False, H),
            Block(200, 80, 3, 1, False, H),
            Block(184, 80, 3, 1, False, H),
            Block(184, 80, 3, 1, False, H),
            Block(480, 112, 3, 1, True, H),
            Block(672, 112, 3, 1, True, H),
            Block(672, 160, 5, 2, True, H),
            Block(960, 160, 5, 1, True, H),
            Block(960, 160, 5, 1, True, H),
        ),
        960,
        1280,
        H,
    ),
    "v3-small": Network(
        16,
        (
            Block(16, 16, 3, 2, True, R),
            Block(72, 24, 3, 2, False, R),
            Block(88, 24, 3, 1, False, R),
            Block(96, 40, 5, 2, True, H),
            Block(240, 40, 5, 1, True, H),
            Block(240, 40, 5, 1, True, H),
            Block(120, 48, 5, 1, True, H),
            Block(144, 48, 5, 1, True, H),
            Block(288, 96, 5, 2, True, H),
            Block(576, 96, 5, 1, True, H),
            Block(576, 96, 5, 1, True, H),
        ),
        576,
        1024,
        H,
    ),
}
"""Variants: Sandler et al. 2018, table 2; Howard et al. 2019, tables 1 and 2."""
