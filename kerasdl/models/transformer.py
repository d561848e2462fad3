"""The encoder-decoder transformer."""

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
    norm: str = "layer",
    attention: str = "dot-product",
) -> keras.Model:
    """Return the transformer of Vaswani et al. 2017, https://arxiv.org/abs/1706.03762.

    Source: embeddings times √width, plus sinusoidal positions → dropout → encoder.
    Target: the same → decoder, whose blocks also attend to the encoder's output →
    logits. One embedding serves source, target and logits (section 3.4). With
    `norm_first`, normalisation comes before each branch and after the last block of
    both stacks (Xiong et al. 2020, https://arxiv.org/abs/2002.04745).

    The model takes a dict of two int32 arrays, in which 0 is padding: `source`
    `(batch, source time)` and `target` `(batch, target time)`. `target` is the output
    sequence, shifted right by a start token. The model returns float32 logits of each
    target position's next token, `(batch, target time, vocabulary_size)`. To leave
    padding out of the loss, use Keras's `ignore_class=0`.

    Args:
        vocabulary_size: Number of token ids, including 0.
        width: Length of the vectors; even, and a multiple of `num_heads`.
        depth: Number of blocks of the encoder, and of the decoder.
        num_heads: Number of attention heads in each block.
        mlp_units: Hidden width of each block's feed-forward network.
        norm_first: Whether normalisation comes before each branch instead of after each
            sum.
        dropout: Fraction of embeddings and branches zeroed in training, in `[0, 1)`.
        attention_dropout: Fraction of the attention weights zeroed in training.
        epsilon: Added to the variance in normalisation.
        seed: Sets initial weights and random draws, the same on every backend.
        name: Name of the model.
        norm: `"layer"`, `"rms"` or `"none"`, as in `normalization`.
        attention: `"dot-product"`, or `"qk-norm"` for normalised queries and keys, as
            in `MultiHeadAttention`.

    Raises:
        ValueError: If an argument is invalid.
    """
    tokens = layers.ReversibleEmbedding(
        vocabulary_size,
        width,
        embeddings_initializer=TruncatedNormal(
            width**-0.5, derive_seed(seed, "tokens")
        ),
        mask_zero=True,  # accepts the mask of the decoder's output and drops it
        dtype=at_least_float32(),  # half precision would round logits
        name="tokens",
    )

    def embed(ids: Any, stack: str) -> Any:
        x = tokens(ids) * math.sqrt(width)
        x = SinusoidalPositions(name=f"{stack}_positions")(x)
        layer_name = f"{stack}_dropout"
        return Dropout(dropout, derive_seed(seed, layer_name), name=layer_name)(x)

    def run_stack(stack: str, ids: Any, **call_arguments: Any) -> Any:
        decoding = "context" in call_arguments
        return transformer_stack(
            embed(ids, stack),
            depth,
            seed,
            name=stack,
            last_norm=f"{stack}_norm" if norm_first else None,
            call_arguments=call_arguments,
            num_heads=num_heads,
            mlp_units=mlp_units,
            causal=decoding,
            cross_attention=decoding,
            norm_first=norm_first,
            activation="relu",
            dropout=dropout,
            attention_dropout=attention_dropout,
            epsilon=epsilon,
            norm=norm,
            qk_norm=attention == "qk-norm",
        )

    source = keras.Input((None,), dtype="int32", name="source")
    target = keras.Input((None,), dtype="int32", name="target")
    source_mask, target_mask = (ops.not_equal(ids, PADDING) for ids in (source, target))
    x = run_stack("encoder", source, mask=source_mask)
    x = run_stack(
        "decoder", target, context=x, mask=target_mask, context_mask=source_mask
    )
    logits = layers.Activation("linear", dtype=at_least_float32(), name="logits")
    outputs = logits(tokens(x, reverse=True))
    return keras.Model({"source": source, "target": target}, outputs, name=name)
