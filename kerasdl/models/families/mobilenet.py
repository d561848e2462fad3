"""MobileNetV2 and MobileNetV3."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from kerasdl.config.rules import Epsilon, Fraction
from kerasdl.models.channels import multiple_of_8
from kerasdl.models.family import Family
from kerasdl.models.mobilenet_tables import NETWORKS
from kerasdl.models.published.library import Library
from kerasdl.models.published.timm_blocks import timm_blocks
from kerasdl.seeds import derive_seed

if TYPE_CHECKING:
    import keras

    from kerasdl.models.published.source import Published


@dataclass(frozen=True)
class MobileNet(Family):
    """MobileNetV2, or MobileNetV3-Large or -Small.

    3×3 convolution with stride 2 → inverted residual blocks → 1×1 convolution → global
    average → a hidden layer in V3 → dropout → Dense. Sandler et al. 2018,
    https://arxiv.org/abs/1801.04381, table 2; Howard et al. 2019,
    https://arxiv.org/abs/1905.02244, tables 1 and 2.

    The model takes `(batch, height, width, channels)`, or `(batch, height, width)` for
    one channel, and returns float32 logits or values `(batch, num_outputs)`, or, if
    `num_outputs` is None, the features that the last layer would read: 1280, or 1024 of
    V3-Small. Height and width may be None. It halves an image five times, so that it
    suits large ones.
    """

    takes: ClassVar[Literal["any", "images", "sequences"]] = "images"
    unseen: ClassVar[tuple[str, ...]] = ("padding", "epsilon")
    name: Literal["mobilenet"] = "mobilenet"
    variant: Literal["v2", "v3-large", "v3-small"] = "v3-large"
    """Version and size."""
    padding: Literal["same", "symmetric"] = "same"
    """Padding before a convolution with a stride: `same` as TensorFlow's weights need
    it, or `symmetric`, as those of PyTorch do."""
    epsilon: Literal["auto"] | Epsilon = "auto"
    """Added to the variance in normalisation; `auto` is 1e-5 in V2 with symmetric
    padding, and 1e-3 otherwise, as in TensorFlow's weights and in torchvision's."""
    dropout: Fraction = 0.2
    """Fraction of the last features zeroed in training."""

    @classmethod
    def published(cls) -> tuple[Library, ...]:
        """Return the libraries that publish weights of the family."""
        return TRANSFORMERS, *map(_torchvision, NETWORKS), *map(_timm, NETWORKS)

    @classmethod
    def keys_of(cls, published: "Published") -> dict[str, Any]:
        """Return the variant, which the shapes tell, and what its names tell of others.

        Raises:
            ModelFileError: If the model cannot compute what was published.
        """
        from kerasdl.models.published.config_keys import keys_of_config
        from kerasdl.models.published.library import OWN
        from kerasdl.models.published.timm_blocks import timm_padding

        keys = {
            "data.size": 224,
            "data.crop_pct": 0.875,
            "data.normalize": "imagenet",
            **keys_of_config(published, TRANSFORMERS),
        }
        variants: dict[tuple[int, ...], str] = {
            (network.blocks[-1].filters, network.last): variant
            for variant, network in NETWORKS.items()
        }
        for library in (OWN, *cls.published()):  # our own names leave the rest open
            kernel = published.shape("last_conv/kernel", [library]) or ()
            variant = variants.get((*kernel[-2:],))
            if variant is None:
                continue
            keys["model.variant"] = variant
            pairs = library.holds.get("padding_and_epsilon", ())
            if library.name == "timm":
                padding = timm_padding(published)
                pairs = [each for each in pairs if each[0] == padding]
            for padding, epsilon in pairs:
                keys |= {"model.padding": padding, "model.epsilon": epsilon}
            break
        return keys

    @property
    def padding_and_epsilon(self) -> tuple[str, float]:
        """The padding, and the epsilon of normalisation."""
        if self.epsilon != "auto":
            return self.padding, self.epsilon
        is_small = self.variant == "v2" and self.padding == "symmetric"
        return self.padding, 1e-5 if is_small else 1e-3

    def build(
        self,
        input_shape: Sequence[int],
        num_outputs: int | None,
        seed: int = 0,
        name: str | None = None,
    ) -> "keras.Model":
        """Return the model.

        Raises:
            ValueError: If `input_shape` is not an image's.
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

        network, (_, epsilon) = NETWORKS[self.variant], self.padding_and_epsilon
        inputs, x = image_input(input_shape)
        x = stem_convolution(x, network.stem, seed, self.padding)
        x = batch_normalization("stem_norm", epsilon=epsilon)(x)
        x = layers.Activation(network.activation, name="stem_activation")(x)
        for number, block in enumerate(network.blocks, start=1):
            layer_name = f"block_{number}"
            x = InvertedResidualBlock(
                block.filters,
                block.inner / x.shape[-1],
                block.kernel_size,
                block.strides,
                multiple_of_8(block.inner / 4) if block.squeezes else 0,
                0.0,
                derive_seed(seed, layer_name),
                block.activation,
                "relu",
                "hard_sigmoid",
                self.padding,
                epsilon,
                name=layer_name,
            )(x)
        x = convolution(network.last, 1, "last_conv", seed)(x)
        x = batch_normalization("last_norm", epsilon=epsilon)(x)
        x = layers.Activation(network.activation, name="last_activation")(x)
        x = layers.GlobalAveragePooling2D(data_format="channels_last", name="pool")(x)
        if network.hidden:
            kernel = HeNormal("fan_in", derive_seed(seed, "hidden"))
            x = layers.Dense(network.hidden, kernel_initializer=kernel, name="hidden")(
                x
            )
            x = layers.Activation(network.activation, name="hidden_activation")(x)
        x = Dropout(self.dropout, derive_seed(seed, "dropout"), name="dropout")(x)
        outputs = head(x, num_outputs, HeNormal("fan_in", derive_seed(seed, "head")))
        return keras.Model(inputs, outputs, name=name or self.identifier())


def _torchvision(variant: str) -> Library:
    """Return the names of torchvision, which number the layers of each block."""
    network = NETWORKS[variant]
    is_v2, count = variant == "v2", len(network.blocks)
    names = {
        "stem_conv": "features.0.0",
        "stem_norm": "features.0.1",
        "last_conv": f"features.{count + 1}.0",
        "last_norm": f"features.{count + 1}.1",
        "hidden": "classifier.0",
        "head": "classifier.1" if is_v2 else "classifier.3",
    }
    channels = network.stem
    for number, block in enumerate(network.blocks, start=1):
        ours = f"block_{number}"
        theirs = f"features.{number}.{'conv' if is_v2 else 'block'}"
        place = 0
        parts = ["expand"] * (block.inner != channels) + ["depthwise"]
        for part in parts:
            names[f"{ours}/{part}"] = f"{theirs}.{place}.0"
            names[f"{ours}/{part}_norm"] = f"{theirs}.{place}.1"
            place += 1
        if block.squeezes:
            names[f"{ours}/reduce"] = f"{theirs}.{place}.fc1"
            names[f"{ours}/excite"] = f"{theirs}.{place}.fc2"
            place += 1
        last = (f"{place}", f"{place + 1}") if is_v2 else (f"{place}.0", f"{place}.1")
        names[f"{ours}/project"], names[f"{ours}/project_norm"] = (
            f"{theirs}.{each}" for each in last
        )
        channels = block.filters
    holds = {
        "variant": (variant,),
        "padding_and_epsilon": (("symmetric", 1e-5 if is_v2 else 1e-3),),
    }
    return Library("torchvision", names, counts_batches=True, holds=holds)


def _timm(variant: str) -> Library:
    """Return the names of timm, whose hidden layer is a convolution."""
    network = NETWORKS[variant]
    channels, blocks = network.stem, []
    for block in network.blocks:
        blocks.append((block.filters, block.inner != channels))
        channels = block.filters
    last, last_norm = ("conv_head", "bn2") if not network.hidden else ("conv", "bn1")
    stages = len({block.filters for block in network.blocks})
    begin = f"blocks.{stages}.0." if network.hidden else ""
    names = {
        "stem_conv": "conv_stem",
        "stem_norm": "bn1",
        **timm_blocks(blocks),
        "last_conv": begin + last,
        "last_norm": begin + last_norm,
        "hidden": "conv_head",
        "head": "classifier",
    }
    axes = {"hidden/kernel": (0, 2)}
    holds = {
        "variant": (variant,),
        "padding_and_epsilon": (("same", 1e-3), ("symmetric", 1e-5)),
    }
    return Library("timm", names, axes=axes, counts_batches=True, holds=holds)


def _transformers() -> dict[str, str]:
    """Return the names of V2 in `transformers`, whose stem has the first block."""
    base = "mobilenet_v2."
    names = {
        "stem_conv": f"{base}conv_stem.first_conv.convolution",
        "stem_norm": f"{base}conv_stem.first_conv.normalization",
        "last_conv": f"{base}conv_1x1.convolution",
        "last_norm": f"{base}conv_1x1.normalization",
        "head": "classifier",
    }
    parts = {"expand": "expand_1x1", "depthwise": "conv_3x3", "project": "reduce_1x1"}
    for number in range(1, len(NETWORKS["v2"].blocks) + 1):
        theirs = f"layer.{number - 2}" if number > 1 else "conv_stem"
        for ours, part in parts.items():
            names[f"block_{number}/{ours}"] = f"{base}{theirs}.{part}.convolution"
            names[f"block_{number}/{ours}_norm"] = (
                f"{base}{theirs}.{part}.normalization"
            )
    return names


TRANSFORMERS = Library(
    "transformers",
    _transformers(),
    base="mobilenet_v2.",
    counts_batches=True,
    holds={"variant": ("v2",), "padding_and_epsilon": (("same", 1e-3),)},
    architectures={
        "classification": "MobileNetV2ForImageClassification",
        "embedding": "MobileNetV2Model",
    },
    supported={
        "model_type": ("mobilenet_v2",),
        "depth_multiplier": (1.0,),
        "expand_ratio": (6,),
        "output_stride": (32,),
        "first_layer_is_expansion": (True,),
        "finegrained_output": (True,),
        "hidden_act": ("relu6",),
        "tf_padding": (True,),
        "layer_norm_eps": (1e-3,),
    },
)
"""Layers to those of `transformers.MobileNetV2ForImageClassification`."""
