"""Transformer encoders for text."""

from collections.abc import Sequence
from typing import Literal

import keras
from keras import layers, ops

from kerasdl.data.text_preprocessing import PADDING
from kerasdl.initializers import TruncatedNormal
from kerasdl.layers import Dropout, LearnedPositions, TransformerBlock, dense
from kerasdl.models.parts import head
from kerasdl.seeds import derive_seed


def bert(
    input_shape: Sequence[int],
    num_outputs: int | None,
    vocabulary_size: int | Literal["auto"] = "auto",
    positions: int = 512,
    token_types: int = 2,
    width: int = 128,
    depth: int = 2,
    num_heads: int = 2,
    mlp_units: int = 512,
    norm_first: bool = False,
    dropout: float = 0.1,
    attention_dropout: float = 0.1,
    epsilon: float = 1e-12,
    seed: int = 0,
    name: str = "bert",
) -> keras.Model:
    """Return a transformer encoder with BERT's pooler.

    Embeddings of tokens, positions and token types → normalisation → dropout → blocks →
    tanh layer on the first token → dropout → Dense. Devlin et al. 2019,
    https://arxiv.org/abs/1810.04805, section 3 and appendix A; with `norm_first`, the
    pre-norm variant of Xiong et al. 2020, https://arxiv.org/abs/2002.04745, which
    normalises after the last block instead of before the first.

    The model takes int32 token ids `(batch, time)`, where 0 is padding, or
    `(batch, time, 2)`, where a token's type stands behind its id; and returns float32
    logits or values `(batch, num_outputs)`.

    Args:
        input_shape: `(time,)` or `(time, 2)`; the first token must not be padding.
        num_outputs: Classes, or numbers to predict; None leaves off the last dropout
            and layer, so that the model returns the pooler's output.
        vocabulary_size: Token ids there are, 0 included; `"auto"` is for configs, where
            the data decide.
        positions: Positions there are vectors for, at least `time`.
        token_types: Token types; 0 leaves their embedding off.
        width: Length of the vectors, a multiple of `num_heads`.
        depth: Blocks.
        num_heads: Heads of attention in each block.
        mlp_units: Hidden width of each block's feed-forward network.
        norm_first: Whether normalisation stands before each branch.
        dropout: Share of embeddings and branches zeroed in training, in `[0, 1)`.
        attention_dropout: Share of the attention weights zeroed in training.
        epsilon: Added to the variance in normalisation.
        seed: Decides weights and draws, the same on every backend.
        name: Name of the model.

    Raises:
        ValueError: If an argument is not allowed.
    """
    if len(input_shape) not in (1, 2) or tuple(input_shape[1:]) not in ((), (2,)):
        rule = "must be (time,) or (time, 2)"
        raise ValueError(f"`input_shape` (={tuple(input_shape)}) {rule}")
    if vocabulary_size == "auto":
        raise ValueError("`vocabulary_size` must be a number, for nothing decides it")

    def embedding(count: int, place: str) -> layers.Layer:
        drawn = TruncatedNormal(0.02, derive_seed(seed, place))
        return layers.Embedding(count, width, embeddings_initializer=drawn, name=place)

    inputs = keras.Input(tuple(input_shape), dtype="int32", name="inputs")
    paired = len(input_shape) == 2
    ids = inputs[..., 0] if paired else inputs
    seen = ops.not_equal(ids, PADDING)
    x = embedding(vocabulary_size, "tokens")(ids)
    if token_types:
        types = inputs[..., 1] if paired else ops.zeros_like(ids)
        x = x + embedding(token_types, "types")(types)
    place = derive_seed(seed, "positions")
    x = LearnedPositions(positions, place, name="positions")(x)

    if not norm_first:
        x = layers.LayerNormalization(epsilon=epsilon, name="norm")(x)
    x = Dropout(dropout, derive_seed(seed, "dropout"), name="dropout")(x)
    for number in range(1, depth + 1):
        place = f"block_{number}"
        block = TransformerBlock(
            num_heads,
            mlp_units,
            norm_first=norm_first,
            dropout=dropout,
            attention_dropout=attention_dropout,
            epsilon=epsilon,
            seed=derive_seed(seed, place),
            name=place,
        )
        x = block(x, mask=seen)
    if norm_first:
        x = layers.LayerNormalization(epsilon=epsilon, name="last_norm")(x)
    x = dense(width, "pooler", seed, activation="tanh")(x[:, 0])
    if num_outputs is not None:
        place = "head_dropout"
        x = Dropout(dropout, derive_seed(seed, place), name=place)(x)
    kernel = TruncatedNormal(0.02, derive_seed(seed, "head"))
    return keras.Model(inputs, head(x, num_outputs, kernel), name=name)


_LAYER = "encoder.layer.{}"
HUGGING_FACE = {
    r"tokens": "embeddings.word_embeddings",
    r"types": "embeddings.token_type_embeddings",
    r"positions/positions": "embeddings.position_embeddings.weight",
    r"norm": "embeddings.LayerNorm",
    r"block_(\d+)/attention/(query|key|value)": f"{_LAYER}.attention.self.{{}}",
    r"block_(\d+)/attention/project": f"{_LAYER}.attention.output.dense",
    r"block_(\d+)/attention_norm": f"{_LAYER}.attention.output.LayerNorm",
    r"block_(\d+)/mlp/expand": f"{_LAYER}.intermediate.dense",
    r"block_(\d+)/mlp/project": f"{_LAYER}.output.dense",
    r"block_(\d+)/mlp_norm": f"{_LAYER}.output.LayerNorm",
    r"pooler": "pooler.dense",
}
"""Our layers, post-norm and without the last one, to those of `transformers.BertModel`."""
