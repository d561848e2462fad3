"""The transformer that reads one sequence and writes another."""

import math
from typing import Any

import keras
from keras import layers, ops

from kerasdl.backend.precision import at_least_float32
from kerasdl.data.text_preprocessing import PADDING
from kerasdl.initializers import TruncatedNormal
from kerasdl.layers import Dropout, SinusoidalPositions
from kerasdl.models.transformer_stack import transformer_stack
from kerasdl.seeds import derive_seed


def encoder_decoder(
    vocabulary_size: int,
    width: int = 512,
    depth: int = 6,
    num_heads: int = 8,
    mlp_units: int = 2048,
    norm_first: bool = False,
    dropout: float = 0.1,
    attention_dropout: float = 0.1,
    epsilon: float = 1e-6,
    seed: int = 0,
    name: str = "encoder_decoder",
) -> keras.Model:
    """Return the transformer of Vaswani et al. 2017, https://arxiv.org/abs/1706.03762.

    Embeddings times √width, plus sinusoidal positions → dropout → encoder; the same of
    the tokens so far → decoder, whose blocks also attend to the encoder's output →
    logits. One embedding serves source, target and logits (section 3.4). With
    `norm_first`, normalisation stands before each branch and after the last block of
    both stacks (Xiong et al. 2020, https://arxiv.org/abs/2002.04745).

    The model takes a dict of two int32 arrays, in which 0 is padding: `source`
    `(batch, source time)`, and `target` `(batch, target time)`, the sequence to write
    shifted right by a first token. It returns float32 logits of each target position's
    next token, `(batch, target time, vocabulary_size)`. Padding in what shall be
    written is left out of the loss by Keras's `ignore_class=0`.

    Args:
        vocabulary_size: Token ids there are, 0 included.
        width: Length of the vectors, even, and a multiple of `num_heads`.
        depth: Blocks of the encoder, and as many of the decoder.
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
    tokens = layers.ReversibleEmbedding(
        vocabulary_size,
        width,
        embeddings_initializer=TruncatedNormal(
            width**-0.5, derive_seed(seed, "tokens")
        ),
        mask_zero=True,  # the mask of the decoder's output is welcome, and ends here
        dtype=at_least_float32(),  # half precision would round logits
        name="tokens",
    )

    def embedded(ids: Any, stack: str) -> Any:
        x = tokens(ids) * math.sqrt(width)
        x = SinusoidalPositions(name=f"{stack}_positions")(x)
        place = f"{stack}_dropout"
        return Dropout(dropout, derive_seed(seed, place), name=place)(x)

    def through(stack: str, ids: Any, **given: Any) -> Any:
        decoding = "context" in given
        return transformer_stack(
            embedded(ids, stack),
            depth,
            seed,
            name=stack,
            last_norm=f"{stack}_norm" if norm_first else None,
            given=given,
            num_heads=num_heads,
            mlp_units=mlp_units,
            causal=decoding,
            cross_attention=decoding,
            norm_first=norm_first,
            activation="relu",
            dropout=dropout,
            attention_dropout=attention_dropout,
            epsilon=epsilon,
        )

    source = keras.Input((None,), dtype="int32", name="source")
    target = keras.Input((None,), dtype="int32", name="target")
    seen, written = (ops.not_equal(ids, PADDING) for ids in (source, target))
    context = through("encoder", source, mask=seen)
    given = {"context": context, "mask": written, "context_mask": seen}
    x = through("decoder", target, **given)
    single = layers.Activation("linear", dtype=at_least_float32(), name="logits")
    outputs = single(tokens(x, reverse=True))
    return keras.Model({"source": source, "target": target}, outputs, name=name)
