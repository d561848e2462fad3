"""EfficientNet and EfficientNet-Lite."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from kerasdl.config.rules import Fraction
from kerasdl.models.channels import multiple_of_8
from kerasdl.models.efficientnet_tables import (
    LAST,
    SCALES,
    SQUEEZE,
    STAGES,
    STEM,
    Stage,
)
from kerasdl.models.family import Family
from kerasdl.models.published.library import Library
from kerasdl.models.published.timm_blocks import in_stages, timm_blocks
from kerasdl.seeds import derive_seed

if TYPE_CHECKING:
    import keras

    from kerasdl.models.published.source import Published


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
    unseen: ClassVar[tuple[str, ...]] = ("padding",)
    name: Literal["efficientnet"] = "efficientnet"
    variant: Literal[
        "lite0", "lite1", "lite2", "lite3", "lite4", "b0", "b1", "b2", "b3"
    ] = "lite0"
    """Size, and whether it is a Lite one."""
    padding: Literal["same", "symmetric"] = "same"
    """Padding before a convolution with a stride: `same` as TensorFlow's weights need
    it, or `symmetric`, as those that were trained in PyTorch do. These also have a
    smaller epsilon in normalisation, 1e-5 instead of 1e-3."""
    dropout: Literal["auto"] | Fraction = "auto"
    """Fraction of the last features zeroed in training; `auto` is the paper's."""
    drop_path: Fraction = 0.2
    """Fraction of the examples that skip the last block in training; it grows from 0 at
    the first one."""

    @classmethod
    def keys_of(cls, published: "Published") -> dict[str, Any]:
        """Return the variant, which the shapes tell, and the images it was trained on."""
        from kerasdl.models.published.library import OWN
        from kerasdl.models.published.timm_blocks import timm_padding

        # Weights of a large variant have all that a smaller one of its width needs.
        for variant, scale in reversed(SCALES.items()):
            family = cls(variant=cast(Any, variant))
            libraries = (OWN, EFFICIENTNET_PYTORCH, *family._of_stages())
            library = next((x for x in libraries if family._is_of(published, x)), None)
            if library is None:
                continue
            padding = library.holds.get("padding", (None,))[0]
            if library.name == "timm":
                padding = timm_padding(published)
            is_of_tensorflow = family._is_lite and padding != "symmetric"
            keys = {
                "model.variant": variant,
                "data.size": scale.size,
                "data.crop_pct": 0.875,
                "data.normalize": "symmetric" if is_of_tensorflow else "imagenet",
            }
            return keys | ({"model.padding": padding} if padding else {})
        return {}

    def _is_of(self, published: "Published", library: Library) -> bool:
        """Return whether weights are those of the variant, by the names of a library."""

        def channels(path: str) -> int:
            shape = published.shape(path, [library])
            return shape[-1] if shape else 0

        has_squeeze = bool(channels("block_1/reduce/kernel"))
        wanted = [*(block.filters for block in self._blocks()), 0]
        return has_squeeze is not self._is_lite and all(
            channels(f"block_{number}/project/kernel") == count
            for number, count in enumerate(wanted, start=1)
        )

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
        from kerasdl.models.parts import head, image_input, stem_convolution

        activation = "relu6" if self._is_lite else "silu"
        epsilon = 1e-3 if self.padding == "same" else 1e-5
        inputs, x = image_input(input_shape)
        x = stem_convolution(x, self._width(STEM, True), seed, self.padding)
        x = batch_normalization("stem_norm", epsilon=epsilon)(x)
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
                padding=self.padding,
                epsilon=epsilon,
                name=layer_name,
            )(x)
        x = convolution(self._width(LAST, True), 1, "last_conv", seed)(x)
        x = batch_normalization("last_norm", epsilon=epsilon)(x)
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
        """Return the libraries that publish weights, some for each variant."""
        variants = [cls(variant=cast(Any, each)) for each in SCALES]
        of_variants = [each for family in variants for each in family._of_stages()]
        return EFFICIENTNET_PYTORCH, *of_variants

    def _of_stages(self) -> tuple[Library, ...]:
        """Return the libraries that number the blocks of each stage."""
        return (self._timm(), *(() if self._is_lite else (self._torchvision(),)))

    def _timm(self) -> Library:
        blocks = [(block.filters, block.expansion > 1) for block in self._blocks()]
        names = {
            "stem_conv": "conv_stem",
            "stem_norm": "bn1",
            **timm_blocks(blocks),
            "last_conv": "conv_head",
            "last_norm": "bn2",
            "head": "classifier",
        }
        holds = {"variant": (self.variant,)}
        return Library("timm", names, counts_batches=True, holds=holds)

    def _torchvision(self) -> Library:
        """Return the names of torchvision, which number the layers of each block."""
        names = {
            "stem_conv": "features.0.0",
            "stem_norm": "features.0.1",
            "last_conv": f"features.{len(STAGES) + 1}.0",
            "last_norm": f"features.{len(STAGES) + 1}.1",
            "head": "classifier.1",
        }
        blocks = [*self._blocks()]
        places = in_stages([block.filters for block in blocks])
        for number, (stage, place) in enumerate(places, start=1):
            block = blocks[number - 1]
            ours, theirs = f"block_{number}", f"features.{stage + 1}.{place}.block"
            parts = ["expand"] * (block.expansion > 1) + ["depthwise"]
            for count, part in enumerate(parts):
                names[f"{ours}/{part}"] = f"{theirs}.{count}.0"
                names[f"{ours}/{part}_norm"] = f"{theirs}.{count}.1"
            count = len(parts)
            names[f"{ours}/reduce"] = f"{theirs}.{count}.fc1"
            names[f"{ours}/excite"] = f"{theirs}.{count}.fc2"
            names[f"{ours}/project"] = f"{theirs}.{count + 1}.0"
            names[f"{ours}/project_norm"] = f"{theirs}.{count + 1}.1"
        holds = {"variant": (self.variant,), "padding": ("symmetric",)}
        return Library("torchvision", names, counts_batches=True, holds=holds)

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
    holds={"padding": ("same",)},
)
"""Layers to those of the package `efficientnet-pytorch` and its Lite variants."""
