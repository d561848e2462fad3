"""Vision transformers."""

from collections.abc import Sequence
from typing import Literal

import keras
from keras import layers

from kerasdl.initializers import TruncatedNormal
from kerasdl.layers import (
    ClassToken,
    Dropout,
    LearnedPositions,
    PatchEmbedding,
    TransformerBlock,
)
from kerasdl.models.parts import head, image_input
from kerasdl.seeds import derive_seed


def vit(
    input_shape: Sequence[int],
    num_outputs: int | None,
    patch_size: int = 16,
    width: int = 192,
    depth: int = 12,
    num_heads: int = 3,
    mlp_units: int = 768,
    pooling: Literal["token", "mean"] = "token",
    dropout: float = 0.0,
    attention_dropout: float = 0.0,
    drop_path: float = 0.0,
    layer_scale: float = 0.0,
    epsilon: float = 1e-6,
    seed: int = 0,
    name: str = "vit",
) -> keras.Model:
    """Return a vision transformer.

    Patches → class token → learned positions → pre-norm blocks → normalisation → Dense.
    Dosovitskiy et al. 2021, https://arxiv.org/abs/2010.11929, section 3.1; averaging
    instead of a class token as in Beyer et al. 2022, https://arxiv.org/abs/2205.01580.

    The model takes `(batch, height, width, channels)`, or `(batch, height, width)` for
    one channel, and returns float32 logits or values `(batch, num_outputs)`.

    Args:
        input_shape: Shape of one image.
        num_outputs: Classes, or numbers to predict; None leaves the last layer off.
        patch_size: Side of a patch in pixels; it divides the image.
        width: Length of the vectors, a multiple of `num_heads`.
        depth: Blocks.
        num_heads: Heads of attention in each block.
        mlp_units: Hidden width of each block's feed-forward network.
        pooling: Whether a class token or the mean of all patches is classified.
        dropout: Share of embeddings and branches zeroed in training, in `[0, 1)`.
        attention_dropout: Share of the attention weights zeroed in training.
        drop_path: Share of the examples without a branch, in the last block; it rises
            linearly from 0 in the first.
        layer_scale: What the factors of each branch begin with; 0 leaves them out.
        epsilon: Added to the variance in normalisation.
        seed: Decides weights and draws, the same on every backend.
        name: Name of the model.

    Raises:
        ValueError: If `input_shape` is no image, or another argument is not allowed.
    """
    if pooling not in ("token", "mean"):
        raise ValueError(f"`pooling` (={pooling!r}) must be 'token' or 'mean'")
    inputs, x = image_input(input_shape, sized=True)
    x = PatchEmbedding(patch_size, width, derive_seed(seed, "patches"), name="patches")(
        x
    )
    if pooling == "token":
        x = ClassToken(seed=derive_seed(seed, "token"), name="token")(x)
    positions = derive_seed(seed, "positions")
    x = LearnedPositions(x.shape[1], positions, name="positions")(x)
    x = Dropout(dropout, derive_seed(seed, "dropout"), name="dropout")(x)
    for number in range(1, depth + 1):
        place = f"block_{number}"
        x = TransformerBlock(
            num_heads,
            mlp_units,
            dropout=dropout,
            attention_dropout=attention_dropout,
            drop_path=drop_path * (number - 1) / max(depth - 1, 1),
            layer_scale=layer_scale,
            epsilon=epsilon,
            seed=derive_seed(seed, place),
            name=place,
        )(x)
    x = layers.LayerNormalization(epsilon=epsilon, name="norm")(x)
    if pooling == "token":
        x = x[:, 0]
    else:
        x = layers.GlobalAveragePooling1D(data_format="channels_last", name="pool")(x)
    kernel = TruncatedNormal(0.02, derive_seed(seed, "head"))
    return keras.Model(inputs, head(x, num_outputs, kernel), name=name)


_OLD, _NEW = "vit.encoder.layer.{}", "vit.layers.{}"
HUGGING_FACE = {
    r"patches/projection": "vit.embeddings.patch_embeddings.projection",
    r"token/token": "vit.embeddings.cls_token",
    r"positions/positions": "vit.embeddings.position_embeddings",
    r"block_(\d+)/attention_norm": (
        f"{_OLD}.layernorm_before",
        f"{_NEW}.layernorm_before",
    ),
    r"block_(\d+)/attention/query": (
        f"{_OLD}.attention.attention.query",
        f"{_NEW}.attention.q_proj",
    ),
    r"block_(\d+)/attention/key": (
        f"{_OLD}.attention.attention.key",
        f"{_NEW}.attention.k_proj",
    ),
    r"block_(\d+)/attention/value": (
        f"{_OLD}.attention.attention.value",
        f"{_NEW}.attention.v_proj",
    ),
    r"block_(\d+)/attention/project": (
        f"{_OLD}.attention.output.dense",
        f"{_NEW}.attention.o_proj",
    ),
    r"block_(\d+)/mlp_norm": (
        f"{_OLD}.layernorm_after",
        f"{_NEW}.layernorm_after",
    ),
    r"block_(\d+)/mlp/expand": (f"{_OLD}.intermediate.dense", f"{_NEW}.mlp.fc1"),
    r"block_(\d+)/mlp/project": (f"{_OLD}.output.dense", f"{_NEW}.mlp.fc2"),
    r"norm": "vit.layernorm",
    r"head": "classifier",
}
"""Our layers to those of `transformers.ViTForImageClassification`: as published files
have them, and as version 5 does."""
