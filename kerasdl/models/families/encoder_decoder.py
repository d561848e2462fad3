"""The transformer of an encoder and a decoder."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from kerasdl.config.rules import Count, Width
from kerasdl.data.text_preprocessing import PADDING
from kerasdl.models.token_family import TokenFamily
from kerasdl.models.transformer_family import TransformerActivation, TransformerFamily
from kerasdl.seeds import derive_seed

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class EncoderDecoder(TransformerFamily, TokenFamily):
    """The transformer of Vaswani et al. 2017, https://arxiv.org/abs/1706.03762.

    Source: embeddings times √width, plus sinusoidal positions → dropout → encoder.
    Target: the same → decoder, whose blocks also attend to the encoder's output →
    logits. One embedding serves source, target and logits (section 3.4). With
    `norm_first`, normalisation comes before each branch and after the last block of
    both stacks (Xiong et al. 2020, https://arxiv.org/abs/2002.04745).

    The model takes int32 token ids `(batch, 2, time)`, in which 0 is padding: the
    source, and the target after a token that begins it. It returns float32 logits of
    each target position's next token, `(batch, time, num_outputs)`, where `num_outputs`
    is the vocabulary size. To leave padding out of the loss, use Keras's
    `ignore_class`. If `num_outputs` is None, it returns the vectors of the decoder.
    """

    tasks: ClassVar = frozenset({"sequence-to-sequence"})
    name: Literal["encoder-decoder"] = "encoder-decoder"
    width: Width = 512
    depth: Count = 6
    num_heads: Count = 8
    mlp_units: Width = 2048
    activation: TransformerActivation = "relu"
    norm_first: bool = False
    """Whether normalisation comes before each branch instead of after each sum."""

    def build(
        self,
        input_shape: Sequence[int],
        num_outputs: int | None,
        seed: int = 0,
        name: str | None = None,
    ) -> "keras.Model":
        """Return the model.

        Raises:
            ValueError: If `input_shape` is not `(2, time)`, if `num_outputs` differs from
                `vocabulary_size`, or if a key is invalid.
        """
        if len(input_shape) != 2 or input_shape[0] != 2:
            raise ValueError(f"`input_shape` (={tuple(input_shape)}) must be (2, time)")
        count = self.tokens_of(num_outputs)
        import keras
        from keras import layers, ops

        from kerasdl.backend.precision import at_least_float32
        from kerasdl.initializers import TruncatedNormal
        from kerasdl.layers import Dropout, SinusoidalPositions
        from kerasdl.models.transformer_stack import transformer_stack

        tokens = layers.ReversibleEmbedding(
            count,
            self.width,
            embeddings_initializer=TruncatedNormal(
                self.width**-0.5, derive_seed(seed, "tokens")
            ),
            mask_zero=True,  # accepts the mask of the decoder's output and drops it
            dtype=at_least_float32(),  # half precision would round logits
            name="tokens",
        )

        def run(stack: str, ids: Any, **call_arguments: Any) -> Any:
            x = tokens(ids) * math.sqrt(self.width)
            x = SinusoidalPositions(name=f"{stack}_positions")(x)
            dropout = f"{stack}_dropout"
            decoding = "context" in call_arguments
            return transformer_stack(
                Dropout(self.dropout, derive_seed(seed, dropout), name=dropout)(x),
                seed=seed,
                name=stack,
                last_norm=f"{stack}_norm" if self.norm_first else None,
                call_arguments=call_arguments,
                causal=decoding,
                cross_attention=decoding,
                norm_first=self.norm_first,
                **self.stack_settings(),
            )

        inputs = keras.Input(tuple(input_shape), dtype="int32", name="inputs")
        source, target = inputs[:, 0], inputs[:, 1]
        seen = ops.not_equal(source, PADDING)
        x = run("encoder", source, mask=seen)
        mask = ops.not_equal(target, PADDING)
        x = run("decoder", target, context=x, mask=mask, context_mask=seen)
        if num_outputs is not None:
            dtype = at_least_float32()
            logits = layers.Activation("linear", dtype=dtype, name="logits")
            x = logits(tokens(x, reverse=True))
        return keras.Model(inputs, x, name=name or self.identifier())
