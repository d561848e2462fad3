"""The base class of model families that generate text."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from kerasdl.models.token_family import TokenFamily, check_token_shape
from kerasdl.models.transformer_family import TransformerFamily
from kerasdl.seeds import derive_seed

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class DecoderFamily(TransformerFamily, TokenFamily):
    """An architecture of causal, pre-norm transformer blocks.

    Embeddings of tokens → positions → dropout → blocks → normalisation → logits.

    The model takes int32 token ids `(batch, time)`, or `(batch, time, 2)`, which pairs
    each id with 1, or with 0 if it is padding. It returns float32 logits of each
    position's next token, `(batch, time, num_outputs)`, where `num_outputs` is the
    vocabulary size. If `num_outputs` is None, it returns the normalised vectors.

    Attention ignores padding, and positions count from the first token. So texts of
    different lengths can be padded on the left, as for generation. At padding, the
    output is 0.
    """

    predicts_next: ClassVar[bool] = True

    @property
    def is_tied(self) -> bool:
        """Whether logits are products with the embeddings of tokens."""
        return True

    def placed(self, x: Any, places: Any, seed: int) -> Any:
        """Return vectors of tokens that know their positions.

        Args:
            x: Vectors `(batch, time, width)`.
            places: Positions `(batch, time)`; None counts them from 0.
            seed: Seed of the model.
        """
        return x

    def build(
        self,
        input_shape: Sequence[int],
        num_outputs: int | None,
        seed: int = 0,
        name: str | None = None,
    ) -> "keras.Model":
        """Return the model.

        Raises:
            ValueError: If `input_shape` is neither `(time,)` nor `(time, 2)`, if
                `num_outputs` differs from `vocabulary_size`, or if a key is invalid.
        """
        check_token_shape(input_shape)
        count = self.tokens_of(num_outputs)
        import keras
        from keras import layers, ops

        from kerasdl.backend.precision import at_least_float32
        from kerasdl.initializers import TruncatedNormal
        from kerasdl.layers import Dropout, dense
        from kerasdl.models.transformer_stack import transformer_stack

        inputs = keras.Input(tuple(input_shape), dtype="int32", name="inputs")
        tokens = layers.ReversibleEmbedding(
            count,
            self.width,
            embeddings_initializer=TruncatedNormal(0.02, derive_seed(seed, "tokens")),
            dtype=at_least_float32(),  # half precision would round logits
            name="tokens",
        )
        padded = len(input_shape) == 2
        ids, mask, places = _split_padded(inputs) if padded else (inputs, None, None)
        x = self.placed(tokens(ids), places, seed)
        x = Dropout(self.dropout, derive_seed(seed, "dropout"), name="dropout")(x)
        x = transformer_stack(
            x,
            seed=seed,
            last_norm="norm",
            call_arguments={"mask": mask},
            causal=True,
            output_stddev=0.02 / math.sqrt(2 * self.depth),
            **self.stack_settings(),
        )
        if mask is not None:
            x = ops.where(mask[..., None], x, 0)
        if num_outputs is not None:
            dtype = at_least_float32()
            if self.is_tied:
                logits = layers.Activation("linear", dtype=dtype, name="logits")
                x = logits(tokens(x, reverse=True))
            else:
                head = dense(count, "head", seed, use_bias=False, dtype=dtype)
                x = head(x)
        return keras.Model(inputs, x, name=name or self.identifier())


def _split_padded(inputs: Any) -> tuple[Any, Any, Any]:
    """Return ids, a mask that is False at padding, and positions among the tokens."""
    from keras import ops

    mask = ops.not_equal(inputs[..., 1], 0)
    places = ops.cumsum(ops.cast(mask, "int32"), axis=1) - 1
    return inputs[..., 0], mask, ops.maximum(places, 0)
