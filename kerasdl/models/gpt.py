"""Transformer decoders that write text."""

import math
from collections.abc import Sequence
from typing import Any, Literal

import keras
from keras import layers, ops

from kerasdl.backend.precision import at_least_float32
from kerasdl.initializers import TruncatedNormal
from kerasdl.layers import Dropout, LearnedPositions, TransformerBlock
from kerasdl.seeds import derive_seed


def gpt(
    input_shape: Sequence[int],
    num_outputs: int | None,
    vocabulary_size: int | Literal["auto"] = "auto",
    positions: int = 1024,
    width: int = 128,
    depth: int = 4,
    num_heads: int = 4,
    mlp_units: int = 512,
    rotary: bool = False,
    dropout: float = 0.1,
    attention_dropout: float = 0.1,
    epsilon: float = 1e-5,
    seed: int = 0,
    name: str = "gpt",
) -> keras.Model:
    """Return a decoder as GPT-2's.

    Embeddings of tokens and positions → dropout → causal pre-norm blocks →
    normalisation → logits by the token embedding again. Radford et al. 2019,
    https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf,
    section 2.3: the kernels that end a branch begin smaller by sqrt(2 · depth).

    The model takes int32 token ids `(batch, time)`, or `(batch, time, 2)`, where 1
    stands behind the id of a token and 0 behind that of padding; and returns float32
    logits of each position's next token, `(batch, time, num_outputs)`. Padding is not
    seen, and positions are counted from the first token on: texts of several lengths
    may begin with it, as for writing on. At padding, what is returned is 0.

    Args:
        input_shape: `(time,)` or `(time, 2)`.
        num_outputs: Token ids there are; None leaves the logits off, so that the model
            returns the normalised vectors.
        vocabulary_size: The same; `"auto"` is as many as outputs.
        positions: Positions there are vectors for, at least `time`.
        width: Length of the vectors, a multiple of `num_heads`.
        depth: Blocks.
        num_heads: Heads of attention in each block.
        mlp_units: Hidden width of each block's feed-forward network.
        rotary: Whether positions are rotations in attention instead of vectors, of
            any number (`RotaryEmbedding`).
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
        vocabulary_size = num_outputs or 0
    if vocabulary_size < 1 or num_outputs not in (None, vocabulary_size):
        rule = "must be the same number, for the model predicts what it reads"
        raise ValueError(
            f"`num_outputs` (={num_outputs}) and `vocabulary_size` "
            f"(={vocabulary_size}) {rule}"
        )
    inputs = keras.Input(tuple(input_shape), dtype="int32", name="inputs")
    tokens = layers.ReversibleEmbedding(
        vocabulary_size,
        width,
        embeddings_initializer=TruncatedNormal(0.02, derive_seed(seed, "tokens")),
        dtype=at_least_float32(),  # half precision would round logits
        name="tokens",
    )
    ids, seen, places = (
        _padded(inputs) if len(input_shape) == 2 else (inputs, None, None)
    )
    x = tokens(ids)
    if not rotary:
        place = derive_seed(seed, "positions")
        x = LearnedPositions(positions, place, name="positions")(x, places)
    x = Dropout(dropout, derive_seed(seed, "dropout"), name="dropout")(x)
    for number in range(1, depth + 1):
        place = f"block_{number}"
        x = TransformerBlock(
            num_heads,
            mlp_units,
            causal=True,
            activation="gelu_tanh",
            dropout=dropout,
            attention_dropout=attention_dropout,
            rotary=rotary,
            output_stddev=0.02 / math.sqrt(2 * depth),
            epsilon=epsilon,
            seed=derive_seed(seed, place),
            name=place,
        )(x, mask=seen)
    x = layers.LayerNormalization(epsilon=epsilon, name="norm")(x)
    if seen is not None:
        x = ops.where(seen[..., None], x, 0)
    if num_outputs is not None:
        single = layers.Activation("linear", dtype=at_least_float32(), name="logits")
        x = single(tokens(x, reverse=True))
    return keras.Model(inputs, x, name=name)


def _padded(inputs: Any) -> tuple[Any, Any, Any]:
    """Return ids, which of them are tokens, and their positions among the tokens."""
    seen = ops.not_equal(inputs[..., 1], 0)
    places = ops.cumsum(ops.cast(seen, "int32"), axis=1) - 1
    return inputs[..., 0], seen, ops.maximum(places, 0)


HUGGING_FACE = {
    r"tokens": "wte",
    r"positions/positions": "wpe.weight",
    r"block_(\d+)/attention_norm": "h.{}.ln_1",
    r"block_(\d+)/attention/query": "h.{}.attn.c_attn[0]",
    r"block_(\d+)/attention/key": "h.{}.attn.c_attn[1]",
    r"block_(\d+)/attention/value": "h.{}.attn.c_attn[2]",
    r"block_(\d+)/attention/project": "h.{}.attn.c_proj",
    r"block_(\d+)/mlp_norm": "h.{}.ln_2",
    r"block_(\d+)/mlp/expand": "h.{}.mlp.c_fc",
    r"block_(\d+)/mlp/project": "h.{}.mlp.c_proj",
    r"norm": "ln_f",
}
"""Our layers to those of `transformers.GPT2Model`, whose kernels lie as ours do."""
