"""ConvNeXt."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from kerasdl.config.rules import Fraction, Range
from kerasdl.models.family import Family
from kerasdl.models.published.library import Library
from kerasdl.seeds import derive_seed

if TYPE_CHECKING:
    import keras

    from kerasdl.models.published.source import Published

WIDTHS = (96, 192, 384, 768)
"""Channels of each stage."""
BLOCKS = {"tiny": (3, 3, 9, 3), "small": (3, 3, 27, 3)}
"""Blocks of each stage."""
PATCH = 4
"""Side of the patches of the first convolution."""
EPSILON = 1e-6


@dataclass(frozen=True)
class ConvNeXt(Family):
    """ConvNeXt-T or -S.

    4×4 convolution with stride 4 → normalisation → four stages of `ConvNeXtBlock`, each
    but the first after normalisation and a 2×2 convolution with stride 2 → global
    average → normalisation → Dense. Liu et al. 2022, https://arxiv.org/abs/2201.03545,
    section 2 and appendix A.

    The model takes `(batch, height, width, channels)`, or `(batch, height, width)` for
    one channel, and returns float32 logits or values `(batch, num_outputs)`, or the
    768 normalised means if `num_outputs` is None. Height and width are 32 or more, and
    may be None.
    """

    takes: ClassVar[Literal["any", "images", "sequences"]] = "images"
    name: Literal["convnext"] = "convnext"
    variant: Literal["tiny", "small"] = "tiny"
    """Size."""
    drop_path: Fraction = 0.1
    """Fraction of the examples that skip the last block in training; it grows from 0 at
    the first one."""
    layer_scale: Annotated[float, Range(0, 1, open_low=True)] = 1e-6
    """Initial weight of each block's branch."""

    @classmethod
    def published(cls) -> tuple[Library, ...]:
        """Return the libraries that publish weights of the family."""
        return (TRANSFORMERS, TIMM, TORCHVISION)

    @classmethod
    def keys_of(cls, published: "Published") -> dict[str, Any]:
        """Return the variant, which the number of blocks tells.

        Raises:
            ModelFileError: If the model cannot compute what was published.
        """
        from kerasdl.models.published.config_keys import keys_of_config
        from kerasdl.models.published.library import OWN

        keys = keys_of_config(published, TRANSFORMERS)
        libraries = (OWN, *cls.published())
        last = published.shape("stage_3_block_9/depthwise/kernel", libraries)
        if last is None:
            return keys
        more = published.shape("stage_3_block_27/depthwise/kernel", libraries)
        of_torchvision = published.shape("stem_conv/kernel", [TORCHVISION]) is not None
        return {
            "data.size": 224,
            "data.crop_pct": 224 / 236 if of_torchvision else 0.875,
            "data.normalize": "imagenet",
            "data.interpolation": "bilinear" if of_torchvision else "bicubic",
            **keys,
            "model.variant": "small" if more else "tiny",
        }

    def config_json(self, library: Library, task: str) -> dict[str, Any]:
        """Return the `config.json` that `transformers` reads for the model.

        Raises:
            ConfigError: If it has no such model.
        """
        return super().config_json(library, task) | {
            "depths": BLOCKS[self.variant],
            "hidden_sizes": WIDTHS,
        }

    def build(
        self,
        input_shape: Sequence[int],
        num_outputs: int | None,
        seed: int = 0,
        name: str | None = None,
    ) -> "keras.Model":
        """Return the model.

        Raises:
            ValueError: If `input_shape` is not an image's, or is too small.
        """
        import keras
        from keras import layers

        from kerasdl.initializers import TruncatedNormal
        from kerasdl.layers import ConvNeXtBlock, normalization
        from kerasdl.models.parts import head, image_input

        def convolution(filters: int, size: int, layer_name: str) -> Any:
            kernel = TruncatedNormal(0.02, derive_seed(seed, layer_name))
            settings = {"data_format": "channels_last", "kernel_initializer": kernel}
            return layers.Conv2D(filters, size, size, name=layer_name, **settings)

        least = PATCH * 2 ** (len(WIDTHS) - 1)
        if any(side is not None and side < least for side in input_shape[:2]):
            rule = f"must have sides of {least} pixels or more"
            raise ValueError(f"`input_shape` (={tuple(input_shape)}) {rule}")
        inputs, x = image_input(input_shape)
        blocks = BLOCKS[self.variant]
        done, last = 0, max(sum(blocks) - 1, 1)
        for stage, (width, count) in enumerate(zip(WIDTHS, blocks, strict=True), 1):
            if stage == 1:
                x = convolution(width, PATCH, "stem_conv")(x)
                x = normalization("layer", "stem_norm", EPSILON)(x)
            else:
                x = normalization("layer", f"stage_{stage}_norm", EPSILON)(x)
                x = convolution(width, 2, f"stage_{stage}_conv")(x)
            for number in range(1, count + 1):
                layer_name = f"stage_{stage}_block_{number}"
                x = ConvNeXtBlock(
                    layer_scale=self.layer_scale,
                    drop_path=self.drop_path * done / last,
                    epsilon=EPSILON,
                    seed=derive_seed(seed, layer_name),
                    name=layer_name,
                )(x)
                done += 1
        x = layers.GlobalAveragePooling2D(data_format="channels_last", name="pool")(x)
        x = normalization("layer", "norm", EPSILON)(x)
        outputs = head(x, num_outputs, TruncatedNormal(0.02, derive_seed(seed, "head")))
        return keras.Model(inputs, outputs, name=name or self.identifier())


TRANSFORMERS = Library(
    "transformers",
    {
        r"stem_conv": "convnext.embeddings.patch_embeddings",
        r"stem_norm": "convnext.embeddings.layernorm",
        r"stage_(\d)_norm": "convnext.encoder.stages.{}.downsampling_layer.0",
        r"stage_(\d)_conv": "convnext.encoder.stages.{}.downsampling_layer.1",
        r"stage_(\d)_block_(\d+)/depthwise": "convnext.encoder.stages.{}.layers.{}.dwconv",
        r"stage_(\d)_block_(\d+)/norm": "convnext.encoder.stages.{}.layers.{}.layernorm",
        r"stage_(\d)_block_(\d+)/expand": "convnext.encoder.stages.{}.layers.{}.pwconv1",
        r"stage_(\d)_block_(\d+)/project": "convnext.encoder.stages.{}.layers.{}.pwconv2",
        r"stage_(\d)_block_(\d+)/scale/gamma": "convnext.encoder.stages.{}.layers.{}"
        ".layer_scale_parameter",
        r"norm": "convnext.layernorm",
        r"head": "classifier",
    },
    base="convnext.",
    architectures={
        "classification": "ConvNextForImageClassification",
        "embedding": "ConvNextModel",
    },
    config={"model.layer_scale": "layer_scale_init_value"},
    supported={
        "model_type": ("convnext",),
        "hidden_act": ("gelu",),
        "patch_size": (PATCH,),
        "layer_norm_eps": (EPSILON, 1e-12),
    },
)
"""Layers to those of `transformers.ConvNextForImageClassification`."""
TIMM = Library(
    "timm",
    {
        r"stem_conv": "stem.0",
        r"stem_norm": "stem.1",
        r"stage_(\d)_norm": "stages.{}.downsample.0",
        r"stage_(\d)_conv": "stages.{}.downsample.1",
        r"stage_(\d)_block_(\d+)/depthwise": "stages.{}.blocks.{}.conv_dw",
        r"stage_(\d)_block_(\d+)/norm": "stages.{}.blocks.{}.norm",
        r"stage_(\d)_block_(\d+)/expand": "stages.{}.blocks.{}.mlp.fc1",
        r"stage_(\d)_block_(\d+)/project": "stages.{}.blocks.{}.mlp.fc2",
        r"stage_(\d)_block_(\d+)/scale/gamma": "stages.{}.blocks.{}.gamma",
        r"norm": "head.norm",
        r"head": "head.fc",
    },
)
"""Layers to those of `timm`'s `convnext_tiny` and `convnext_small`."""


def _torchvision() -> dict[str, str]:
    """Return the names of torchvision, where stages and what divides them alternate."""
    names = {
        "stem_conv": "features.0.0",
        "stem_norm": "features.0.1",
        "norm": "classifier.0",
        "head": "classifier.2",
    }
    for stage in range(1, len(WIDTHS) + 1):
        place = 2 * stage - 1
        if stage > 1:
            names[f"stage_{stage}_norm"] = f"features.{place - 1}.0"
            names[f"stage_{stage}_conv"] = f"features.{place - 1}.1"
        for part, number in (
            ("depthwise", 0),
            ("norm", 2),
            ("expand", 3),
            ("project", 5),
        ):
            ours = rf"stage_{stage}_block_(\d+)/{part}"
            names[ours] = f"features.{place}.{{}}.block.{number}"
        ours = rf"stage_{stage}_block_(\d+)/scale/gamma"
        names[ours] = f"features.{place}.{{}}.layer_scale"
    return names


TORCHVISION = Library("torchvision", _torchvision(), axes={r".*/scale/gamma": (0, 2)})
"""Layers to those of torchvision's `convnext_tiny` and `convnext_small`."""
