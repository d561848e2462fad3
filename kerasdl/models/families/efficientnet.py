"""EfficientNet and EfficientNet-Lite."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, cast

from kerasdl.config.rules import Fraction
from kerasdl.models.channels import multiple_of_8
from kerasdl.models.family import Family
from kerasdl.models.published.library import Library
from kerasdl.seeds import derive_seed

if TYPE_CHECKING:
    import keras

    from kerasdl.models.published.source import Published


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


@dataclass(frozen=True)
class EfficientNet(Family):
    """EfficientNet B0 to B3, or EfficientNet-Lite 0 to 4.

    3×3 convolution with stride 2 → seven stages of inverted residual blocks → 1×1
    convolution → global average → dropout → Dense. Tan & Le 2019,
    https://arxiv.org/abs/1905.11946, table 1 and section 3.3. Lite variants have no
    squeeze and excitation, ReLU6 for SiLU, and the same first and last layers at each
    size: https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite.

    The model takes `(batch, height, width, channels)`, or `(batch, height, width)` for
    one channel, and returns float32 logits or values `(batch, num_outputs)`. Height and
    width may be None. It halves an image five times, so that it suits large ones.
    """

    takes: ClassVar[Literal["any", "images", "sequences"]] = "images"
    name: Literal["efficientnet"] = "efficientnet"
    variant: Literal[
        "lite0", "lite1", "lite2", "lite3", "lite4", "b0", "b1", "b2", "b3"
    ] = "lite0"
    """Size, and whether it is a Lite one."""
    dropout: Literal["auto"] | Fraction = "auto"
    """Fraction of the last features zeroed in training; `auto` is the paper's."""
    drop_path: Fraction = 0.2
    """Fraction of the examples that skip the last block in training; it grows from 0 at
    the first one."""

    @classmethod
    def keys_of(cls, published: "Published") -> dict[str, Any]:
        """Return the variant, which the shapes tell, and the images it was trained on."""
        from kerasdl.models.published.library import OWN

        libraries = (OWN, *cls.published())
        found, number = [], 1
        while shape := published.shape(f"block_{number}/project/kernel", libraries):
            found.append(shape[-1])
            number += 1
        has_squeeze = published.shape("block_1/reduce/kernel", libraries) is not None
        for variant, scale in SCALES.items():
            family = cls(variant=cast(Any, variant))
            filters = [stage.filters for stage in family._blocks()]
            if filters == found and has_squeeze is not family._is_lite:
                return {
                    "model.variant": variant,
                    "data.size": scale.size,
                    "data.crop_pct": 0.875,
                    "data.normalize": "symmetric" if family._is_lite else "imagenet",
                }
        return {}

    def build(
        self,
        input_shape: Sequence[int],
        num_outputs: int | None,
        seed: int = 0,
        name: str | None = None,
    ) -> "keras.Model":
        """Return the model.

        Raises:
            ValueError: If `input_shape` is not an image's, or a key is invalid.
        """
        import keras
        from keras import layers

        from kerasdl.initializers import HeNormal
        from kerasdl.layers import (
            Dropout,
            InvertedResidualBlock,
            batch_normalization,
            convolution,
        )
        from kerasdl.layers.inverted_residual_block import EPSILON
        from kerasdl.models.parts import head, image_input

        activation = "relu6" if self._is_lite else "silu"
        inputs, x = image_input(input_shape)
        x = convolution(self._width(STEM, True), 3, "stem_conv", seed, 2, "same")(x)
        x = batch_normalization("stem_norm", epsilon=EPSILON)(x)
        x = layers.Activation(activation, name=f"stem_{activation}")(x)
        blocks = [*self._blocks()]
        for number, stage in enumerate(blocks):
            layer_name = f"block_{number + 1}"
            x = InvertedResidualBlock(
                stage.filters,
                stage.expansion,
                stage.kernel_size,
                stage.strides,
                0 if self._is_lite else max(1, x.shape[-1] // SQUEEZE),
                self.drop_path * number / len(blocks),
                derive_seed(seed, layer_name),
                activation,
                name=layer_name,
            )(x)
        x = convolution(self._width(LAST, True), 1, "last_conv", seed)(x)
        x = batch_normalization("last_norm", epsilon=EPSILON)(x)
        x = layers.Activation(activation, name=f"last_{activation}")(x)
        x = layers.GlobalAveragePooling2D(data_format="channels_last", name="pool")(x)
        rate = self.dropout
        if rate == "auto":
            rate = SCALES[self.variant].dropout
        x = Dropout(rate, derive_seed(seed, "dropout"), name="dropout")(x)
        outputs = head(x, num_outputs, HeNormal("fan_in", derive_seed(seed, "head")))
        return keras.Model(inputs, outputs, name=name or self.identifier())

    @classmethod
    def published(cls) -> tuple[Library, ...]:
        """Return the packages that publish weights."""
        return (EFFICIENTNET_PYTORCH,)

    @property
    def _is_lite(self) -> bool:
        return self.variant.startswith("lite")

    def _blocks(self) -> Iterator[Stage]:
        """Yield each block of the variant as a stage of one block."""
        for place, stage in enumerate(STAGES):
            is_end = place in (0, len(STAGES) - 1)
            count = stage.blocks
            if not (self._is_lite and is_end):
                count = math.ceil(count * SCALES[self.variant].depth)
            for number in range(count):
                strides = 1 if number else stage.strides
                filters = self._width(stage.filters)
                yield replace(stage, blocks=1, strides=strides, filters=filters)

    def _width(self, filters: int, is_end: bool = False) -> int:
        """Return channels, scaled by the variant."""
        if self._is_lite and is_end:
            return filters
        return multiple_of_8(filters * SCALES[self.variant].width)


EFFICIENTNET_PYTORCH = Library(
    "efficientnet-pytorch",
    {
        r"stem_conv": "_conv_stem",
        r"stem_norm": "_bn0",
        r"block_(\d+)/expand": "_blocks.{}._expand_conv",
        r"block_(\d+)/expand_norm": "_blocks.{}._bn0",
        r"block_(\d+)/depthwise": "_blocks.{}._depthwise_conv",
        r"block_(\d+)/depthwise_norm": "_blocks.{}._bn1",
        r"block_(\d+)/reduce": "_blocks.{}._se_reduce",
        r"block_(\d+)/excite": "_blocks.{}._se_expand",
        r"block_(\d+)/project": "_blocks.{}._project_conv",
        r"block_(\d+)/project_norm": "_blocks.{}._bn2",
        r"last_conv": "_conv_head",
        r"last_norm": "_bn1",
        r"head": "_fc",
    },
    counts_batches=True,
)
"""Layers to those of the package `efficientnet-pytorch` and its Lite variants."""
