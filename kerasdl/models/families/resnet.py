"""Residual networks of the depths in the ResNet paper."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from kerasdl.data.signature import Input
from kerasdl.errors import ModelFileError
from kerasdl.models.family import SMALL_IMAGE, Activation, Family, Norm, Stem
from kerasdl.models.published.library import FLAX, Library
from kerasdl.seeds import derive_seed

if TYPE_CHECKING:
    import keras

    from kerasdl.models.published.source import Published

HOLDS = {"norm": ("batch",), "stem": ("large",), "activation": ("relu",)}
"""What a ResNet of other libraries has."""
WIDTHS = (64, 128, 256, 512)
"""Filters of the blocks in each stage."""
BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}
"""Depth to the number of blocks in each stage; from 50 on, they are bottlenecks."""


@dataclass(frozen=True)
class ResNet(Family):
    """ResNet-18, -34 or -50.

    Stem → four stages of blocks → global average → Dense. Every stage after the first
    halves the image. He et al. 2016, https://arxiv.org/abs/1512.03385, table 1; with
    the small stem for small images, as in section 4.2.

    The model takes `(batch, height, width, channels)`, or `(batch, height, width)` for
    one channel, and returns float32 logits or values `(batch, num_outputs)`. Height and
    width may be None, unless `stem` is `auto`.
    """

    takes: ClassVar[Literal["any", "images", "sequences"]] = "images"
    name: Literal["resnet"] = "resnet"
    depth: Literal[18, 34, 50] = 18
    """Number of layers with weights; 50 has bottleneck blocks."""
    stem: Stem = "auto"
    """`large` halves the image twice, `small` not at all, as in `cnn`; `auto`: `small`
    for images under 64 pixels."""
    activation: Activation = "relu"
    """Activation after each sum and each normalisation, except a block's last one."""
    norm: Norm = "batch"
    """Normalisation after each convolution: over the `batch`, over the channels of a
    pixel (`layer`), by their root mean square (`rms`), or `none`."""

    @classmethod
    def published(cls) -> tuple[Library, ...]:
        """Return the libraries that publish weights of the family."""
        return (TRANSFORMERS, TORCHVISION, *map(flax, (50, 34, 18)))

    @classmethod
    def keys_of(cls, published: "Published") -> dict[str, Any]:
        """Return the depth and the stem, which the names and shapes tell.

        Raises:
            ModelFileError: If the model cannot compute what was published.
        """
        from kerasdl.models.published.config_keys import keys_of_config
        from kerasdl.models.published.library import OWN

        libraries = (OWN, *cls.published())
        keys, config = keys_of_config(published, TRANSFORMERS), published.config
        is_deep = config.get("layer_type", "bottleneck") == "bottleneck"
        if is_deep and config.get("downsample_in_bottleneck"):
            what = f"config.json of {published.name} has downsample_in_bottleneck"
            raise ModelFileError(what, "the model of kerasdl strides in the middle")
        if (stem := published.shape("stem_conv/kernel", libraries)) is None:
            return keys
        depth = 18
        if published.shape("stage_1_block_1/conv_3/kernel", libraries):
            depth = 50
        elif published.shape("stage_1_block_3/conv_1/kernel", libraries):
            depth = 34
        return {
            "data.size": 224,
            "data.crop_pct": 0.875,
            "data.normalize": "imagenet",
            **keys,
            "model.depth": depth,
            "model.stem": "large" if stem[0] == 7 else "small",
        }

    def config_json(self, library: Library, task: str) -> dict[str, Any]:
        """Return the `config.json` that `transformers` reads for the model.

        Raises:
            ConfigError: If it has no such model.
        """
        is_deep = self.depth >= 50
        return super().config_json(library, task) | {
            "depths": BLOCKS[self.depth],
            "hidden_sizes": [width * 4 if is_deep else width for width in WIDTHS],
            "embedding_size": WIDTHS[0],
            "layer_type": "bottleneck" if is_deep else "basic",
        }

    def for_data(
        self, model_input: Input, output_range: tuple[float, ...] | None = None
    ) -> Self:
        """Return the family, with the stem that suits the images."""
        family = super().for_data(model_input, output_range)
        sides = model_input.shape[:2]
        if family.stem != "auto" or len(sides) < 2 or None in sides:
            return family
        return replace(family, stem="small" if min(sides) < SMALL_IMAGE else "large")

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
        from kerasdl.layers import BottleneckBlock, ResidualBlock
        from kerasdl.models.parts import head, image_input
        from kerasdl.models.stem import add_stem

        inputs, x = image_input(input_shape)
        settings = self.activation, self.norm
        x = add_stem(x, WIDTHS[0], self.stem, seed, *settings)
        block = ResidualBlock if self.depth < 50 else BottleneckBlock
        stages = zip(WIDTHS, BLOCKS[self.depth], strict=True)
        for stage, (width, count) in enumerate(stages, start=1):
            for number in range(1, count + 1):
                layer_name = f"stage_{stage}_block_{number}"
                strides = 2 if stage > 1 and number == 1 else 1
                own_seed = derive_seed(seed, layer_name)
                x = block(width, strides, own_seed, *settings, name=layer_name)(x)
        x = layers.GlobalAveragePooling2D(data_format="channels_last", name="pool")(x)
        kernel = HeNormal("fan_out", derive_seed(seed, "head"))
        outputs = head(x, num_outputs, kernel)
        return keras.Model(inputs, outputs, name=name or self.identifier())


TRANSFORMERS = Library(
    "transformers",
    {
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
    },
    base="resnet.",
    counts_batches=True,
    holds={"norm": ("batch",), "stem": ("large",)},
    architectures={
        "classification": "ResNetForImageClassification",
        "embedding": "ResNetModel",
    },
    config={"model.activation": "hidden_act"},
    supported={
        "model_type": ("resnet",),
        "downsample_in_first_stage": (False,),
    },
)
"""Layers to those of `transformers.ResNetForImageClassification`."""
TORCHVISION = Library(
    "torchvision",
    {
        r"stem_conv": "conv1",
        r"stem_norm": "bn1",
        r"stage_(?P<stage>\d)_block_(\d)/conv_(?P<number>\d)": "layer{stage}.{}"
        ".conv{number}",
        r"stage_(?P<stage>\d)_block_(\d)/norm_(?P<number>\d)": "layer{stage}.{}"
        ".bn{number}",
        r"stage_(?P<stage>\d)_block_(\d)/projection": "layer{stage}.{}.downsample.0",
        r"stage_(?P<stage>\d)_block_(\d)/projection_norm": "layer{stage}.{}"
        ".downsample.1",
        r"head": "fc",
    },
    counts_batches=True,
    holds=HOLDS,
)
"""Layers to those of `torchvision.models.ResNet`, and of `timm`'s without a deep stem."""


def flax(depth: int) -> Library:
    """Return the names of Flax's example of a ResNet, which numbers all blocks.

    Its source is https://github.com/google/flax/blob/main/examples/imagenet/models.py.
    """
    names = {"stem_conv": "conv_init", "stem_norm": "bn_init", "head": "Dense_0"}
    is_deep = depth >= 50
    kind, parts = ("BottleneckResNetBlock", "123") if is_deep else ("ResNetBlock", "12")
    block = 0
    for stage, count in enumerate(BLOCKS[depth], start=1):
        for number in range(1, count + 1):
            ours, theirs = f"stage_{stage}_block_{number}", f"{kind}_{block}"
            names[rf"{ours}/conv_([{parts}])"] = f"{theirs}.Conv_{{}}"
            names[rf"{ours}/norm_([{parts}])"] = f"{theirs}.BatchNorm_{{}}"
            names[f"{ours}/projection"] = f"{theirs}.conv_proj"
            names[f"{ours}/projection_norm"] = f"{theirs}.norm_proj"
            block += 1
    return Library("flax", names, holds=HOLDS, last=r"Dense_0\..*", **FLAX)
