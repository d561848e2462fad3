"""Vision transformers."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from kerasdl.config.rules import Count, Fraction, Width
from kerasdl.errors import ModelFileError
from kerasdl.models.published.library import Library
from kerasdl.models.transformer_family import TransformerFamily
from kerasdl.seeds import derive_seed

if TYPE_CHECKING:
    import keras

    from kerasdl.models.published.source import Published


@dataclass(frozen=True)
class ViT(TransformerFamily):
    """A vision transformer.

    Patches → class token → learned positions → pre-norm blocks → normalisation → Dense.
    Dosovitskiy et al. 2021, https://arxiv.org/abs/2010.11929, section 3.1; averaging
    instead of a class token as in Beyer et al. 2022, https://arxiv.org/abs/2205.01580.

    The model takes `(batch, height, width, channels)`, or `(batch, height, width)` for
    one channel, and returns float32 logits or values `(batch, num_outputs)`.
    """

    takes: ClassVar[Literal["any", "images", "sequences"]] = "images"
    unseen: ClassVar[tuple[str, ...]] = ("num_heads",)
    name: Literal["vit"] = "vit"
    width: Width = 192
    depth: Count = 12
    num_heads: Count = 3
    mlp_units: Width = 768
    dropout: Fraction = 0.0
    attention_dropout: Fraction = 0.0
    patch_size: Count = 16
    """Side of a patch in pixels; it must divide the image's sides."""
    pooling: Literal["token", "mean"] = "token"
    """Whether the last layer reads a class token or the mean of all patches."""
    drop_path: Fraction = 0.0
    """Fraction of the examples that skip a branch of the last block in training; it
    rises linearly from 0 in the first block."""
    layer_scale: Fraction = 0.0
    """Initial weights of `LayerScale` in each branch; 0 leaves it out."""

    @classmethod
    def published(cls) -> tuple[Library, ...]:
        """Return the libraries that publish weights of the family."""
        return (TRANSFORMERS, TIMM)

    @classmethod
    def keys_of(cls, published: "Published") -> dict[str, Any]:
        """Return the sizes, which the shapes tell where the names are those of timm.

        Raises:
            ModelFileError: If the model cannot compute what was published.
        """
        from kerasdl.models.published.config_keys import keys_of_config

        kernel = published.shape("patches/projection/kernel", [TIMM])
        units = published.shape("block_1/mlp/expand/kernel", [TIMM])
        places = published.shape("positions/positions", [TIMM])
        if kernel is None or units is None or places is None:
            return keys_of_config(published, TRANSFORMERS)
        if len(kernel) != 4 or len(units) != 2 or len(places) < 2:
            what = f"{published.name} has tensors of other shapes than timm's"
            raise ModelFileError(what, "get the weights again")
        patch, width = kernel[0], kernel[-1]
        names = (
            re.search(r"\bblocks\.(\d{1,5})\.", name) for name in published.tensors
        )
        keys = {
            "model.width": width,
            "model.depth": max((int(each[1]) for each in names if each), default=0) + 1,
            "model.mlp_units": units[-1],
            "model.patch_size": patch,
            "model.activation": "gelu",
            "model.epsilon": 1e-6,
            "data.size": math.isqrt(max(places[-2] - 1, 0)) * patch,
            "data.crop_pct": 0.9,
            "data.normalize": "symmetric",
            "data.interpolation": "bicubic",
        }
        return keys | ({"model.num_heads": HEADS[width]} if width in HEADS else {})

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

        from kerasdl.initializers import TruncatedNormal
        from kerasdl.layers import ClassToken, Dropout, LearnedPositions, PatchEmbedding
        from kerasdl.models.parts import head, image_input
        from kerasdl.models.transformer_stack import transformer_stack

        inputs, x = image_input(input_shape, sized=True)
        own_seed = derive_seed(seed, "patches")
        x = PatchEmbedding(self.patch_size, self.width, own_seed, name="patches")(x)
        if self.pooling == "token":
            x = ClassToken(seed=derive_seed(seed, "token"), name="token")(x)
        own_seed = derive_seed(seed, "positions")
        x = LearnedPositions(x.shape[1], own_seed, name="positions")(x)
        x = Dropout(self.dropout, derive_seed(seed, "dropout"), name="dropout")(x)
        x = transformer_stack(
            x,
            seed=seed,
            last_norm="norm",
            drop_path=self.drop_path,
            layer_scale=self.layer_scale,
            **self.stack_settings(),
        )
        if self.pooling == "token":
            x = x[:, 0]
        else:
            pool = layers.GlobalAveragePooling1D
            x = pool(data_format="channels_last", name="pool")(x)
        outputs = head(x, num_outputs, TruncatedNormal(0.02, derive_seed(seed, "head")))
        return keras.Model(inputs, outputs, name=name or self.identifier())


AXES = {r"positions/positions": (1, 0)}
_PUBLISHED, _VERSION_5 = "vit.encoder.layer.{}", "vit.layers.{}"
TRANSFORMERS = Library(
    "transformers",
    {
        r"patches/projection": "vit.embeddings.patch_embeddings.projection",
        r"token/token": "vit.embeddings.cls_token",
        r"positions/positions": "vit.embeddings.position_embeddings",
        r"block_(\d+)/attention_norm": (
            f"{_PUBLISHED}.layernorm_before",
            f"{_VERSION_5}.layernorm_before",
        ),
        r"block_(\d+)/attention/query": (
            f"{_PUBLISHED}.attention.attention.query",
            f"{_VERSION_5}.attention.q_proj",
        ),
        r"block_(\d+)/attention/key": (
            f"{_PUBLISHED}.attention.attention.key",
            f"{_VERSION_5}.attention.k_proj",
        ),
        r"block_(\d+)/attention/value": (
            f"{_PUBLISHED}.attention.attention.value",
            f"{_VERSION_5}.attention.v_proj",
        ),
        r"block_(\d+)/attention/project": (
            f"{_PUBLISHED}.attention.output.dense",
            f"{_VERSION_5}.attention.o_proj",
        ),
        r"block_(\d+)/mlp_norm": (
            f"{_PUBLISHED}.layernorm_after",
            f"{_VERSION_5}.layernorm_after",
        ),
        r"block_(\d+)/mlp/expand": (
            f"{_PUBLISHED}.intermediate.dense",
            f"{_VERSION_5}.mlp.fc1",
        ),
        r"block_(\d+)/mlp/project": (
            f"{_PUBLISHED}.output.dense",
            f"{_VERSION_5}.mlp.fc2",
        ),
        r"norm": "vit.layernorm",
        r"head": "classifier",
    },
    base="vit.",
    holds={
        "norm": ("layer",),
        "attention": ("dot-product",),
        "pooling": ("token",),
        "layer_scale": (0.0,),
    },
    axes=AXES,
    architectures={
        "classification": "ViTForImageClassification",
        "embedding": "ViTModel",
    },
    config={
        "model.width": "hidden_size",
        "model.depth": "num_hidden_layers",
        "model.num_heads": "num_attention_heads",
        "model.mlp_units": "intermediate_size",
        "model.activation": "hidden_act",
        "model.epsilon": "layer_norm_eps",
        "model.patch_size": "patch_size",
        "model.dropout": "hidden_dropout_prob",
        "model.attention_dropout": "attention_probs_dropout_prob",
        "data.size": "image_size",
    },
    supported={"model_type": ("vit",), "qkv_bias": (True,)},
)
"""Layers to those of `transformers.ViTForImageClassification`, as named in published
files and in `transformers` 5."""
HEADS = {192: 3, 384: 6, 768: 12, 1024: 16, 1280: 16, 1408: 16, 1664: 16}
"""Heads of timm's models, by their width."""
TIMM = Library(
    "timm",
    {
        r"patches/projection": "patch_embed.proj",
        r"token/token": "cls_token",
        r"positions/positions": "pos_embed",
        r"block_(\d+)/attention_norm": "blocks.{}.norm1",
        r"block_(\d+)/attention/query": "blocks.{}.attn.qkv[0]",
        r"block_(\d+)/attention/key": "blocks.{}.attn.qkv[1]",
        r"block_(\d+)/attention/value": "blocks.{}.attn.qkv[2]",
        r"block_(\d+)/attention/project": "blocks.{}.attn.proj",
        r"block_(\d+)/mlp_norm": "blocks.{}.norm2",
        r"block_(\d+)/mlp/expand": "blocks.{}.mlp.fc1",
        r"block_(\d+)/mlp/project": "blocks.{}.mlp.fc2",
        r"norm": "norm",
        r"head": "head",
    },
    holds=TRANSFORMERS.holds,
    axes=AXES,
)
"""Layers to those of timm's `vit_*_patch*` that pool by a class token."""
