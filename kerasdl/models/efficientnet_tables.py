"""The tables of the paper on EfficientNet, and those of its Lite variants."""

from dataclasses import dataclass
from typing import NamedTuple


class Scale(NamedTuple):
    """By how much a variant is larger than the smallest one.

    Args:
        width: Factor of the channels.
        depth: Factor of the blocks of a stage.
        dropout: Fraction of the last features that the paper's training zeroes.
        size: Height and width of the images that it was trained on.
    """

    width: float
    depth: float
    dropout: float
    size: int


SCALES = {
    "lite0": Scale(1.0, 1.0, 0.2, 224),
    "lite1": Scale(1.0, 1.1, 0.2, 240),
    "lite2": Scale(1.1, 1.2, 0.3, 260),
    "lite3": Scale(1.2, 1.4, 0.3, 280),
    "lite4": Scale(1.4, 1.8, 0.3, 300),
    "b0": Scale(1.0, 1.0, 0.2, 224),
    "b1": Scale(1.0, 1.1, 0.2, 240),
    "b2": Scale(1.1, 1.2, 0.3, 260),
    "b3": Scale(1.2, 1.4, 0.3, 300),
}


@dataclass(frozen=True)
class Stage:
    """Blocks of the smallest variant; Tan & Le 2019, table 1."""

    blocks: int
    kernel_size: int
    strides: int
    expansion: int
    filters: int


STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)
STEM, LAST = 32, 1280
"""Channels of the first and the last convolution of the smallest variant."""
SQUEEZE = 4
"""Ratio of the channels of a block's input to those between squeeze and excitation."""
