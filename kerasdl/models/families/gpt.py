"""Transformer decoders that generate text."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from kerasdl.config.rules import Epsilon, Width
from kerasdl.models.published.library import Library
from kerasdl.models.token_family import TokenFamily, check_token_shape
from kerasdl.models.transformer_family import TransformerActivation, TransformerFamily
from kerasdl.seeds import derive_seed

if TYPE_CHECKING:
    import keras

    from kerasdl.models.published.source import Published


@dataclass(frozen=True)
class GPT(TransformerFamily, TokenFamily):
    """A transformer decoder that generates text, like GPT-2.

    Embeddings of tokens and positions → dropout → causal pre-norm blocks →
    normalisation → logits by the token embedding, transposed. Radford et al. 2019,
    https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf,
    section 2.3: the last kernel of each branch starts smaller by sqrt(2 · depth).

    The model takes int32 token ids `(batch, time)`, or `(batch, time, 2)`, which pairs
    each id with 1, or with 0 if it is padding. It returns float32 logits of each
    position's next token, `(batch, time, num_outputs)`, where `num_outputs` is the
    vocabulary size. If `num_outputs` is None, it returns the normalised vectors.

    Attention ignores padding, and positions count from the first token. So texts of
    different lengths can be padded on the left, as for generation. At padding, the
    output is 0.
    """

    predicts_next: ClassVar[bool] = True
    name: Literal["gpt"] = "gpt"
    activation: TransformerActivation = "gelu_tanh"
    epsilon: Epsilon = 1e-5
    positions: Width = 1024
    """Maximum length of a text, in tokens."""
    rotary: bool = False
    """Whether positions are rotary (`RotaryEmbedding`), for texts of any length,
    instead of learned vectors."""

    @classmethod
    def published(cls) -> tuple[Library, ...]:
        """Return the libraries that publish weights of the family."""
        return (TRANSFORMERS,)

    @classmethod
    def keys_of(cls, published: "Published") -> dict[str, Any]:
        """Return the sizes.

        Raises:
            ModelFileError: If the model cannot compute what was published.
        """
        from kerasdl.models.published.config_keys import keys_of_config

        keys = keys_of_config(published, TRANSFORMERS)
        width = keys.get("model.width")
        if isinstance(width, int):
            keys.setdefault("model.mlp_units", 4 * width)
        return keys

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
        count = self._vocabulary(num_outputs)
        import keras
        from keras import layers, ops

        from kerasdl.backend.precision import at_least_float32
        from kerasdl.initializers import TruncatedNormal
        from kerasdl.layers import Dropout, LearnedPositions
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
        x = tokens(ids)
        if not self.rotary:
            own_seed = derive_seed(seed, "positions")
            x = LearnedPositions(self.positions, own_seed, name="positions")(x, places)
        x = Dropout(self.dropout, derive_seed(seed, "dropout"), name="dropout")(x)
        x = transformer_stack(
            x,
            seed=seed,
            last_norm="norm",
            call_arguments={"mask": mask},
            causal=True,
            rotary=self.rotary,
            output_stddev=0.02 / math.sqrt(2 * self.depth),
            **self.stack_settings(),
        )
        if mask is not None:
            x = ops.where(mask[..., None], x, 0)
        if num_outputs is not None:
            dtype = at_least_float32()
            logits = layers.Activation("linear", dtype=dtype, name="logits")
            x = logits(tokens(x, reverse=True))
        return keras.Model(inputs, x, name=name or self.identifier())

    def _vocabulary(self, num_outputs: int | None) -> int:
        """Return the number of token ids, which is the number of outputs."""
        size = self.vocabulary_size
        if size == "auto":
            size = num_outputs or 0
        if size < 1 or num_outputs not in (None, size):
            rule = "must be the same number: the model predicts the tokens it reads"
            raise ValueError(
                f"`num_outputs` (={num_outputs}) and `vocabulary_size` (={size}) {rule}"
            )
        return size


def _split_padded(inputs: Any) -> tuple[Any, Any, Any]:
    """Return ids, a mask that is False at padding, and positions among the tokens."""
    from keras import ops

    mask = ops.not_equal(inputs[..., 1], 0)
    places = ops.cumsum(ops.cast(mask, "int32"), axis=1) - 1
    return inputs[..., 0], mask, ops.maximum(places, 0)


TRANSFORMERS = Library(
    "transformers",
    {
        r"tokens": "transformer.wte",
        r"positions/positions": "transformer.wpe.weight",
        r"block_(\d+)/attention_norm": "transformer.h.{}.ln_1",
        r"block_(\d+)/attention/query": "transformer.h.{}.attn.c_attn[0]",
        r"block_(\d+)/attention/key": "transformer.h.{}.attn.c_attn[1]",
        r"block_(\d+)/attention/value": "transformer.h.{}.attn.c_attn[2]",
        r"block_(\d+)/attention/project": "transformer.h.{}.attn.c_proj",
        r"block_(\d+)/mlp_norm": "transformer.h.{}.ln_2",
        r"block_(\d+)/mlp/expand": "transformer.h.{}.mlp.c_fc",
        r"block_(\d+)/mlp/project": "transformer.h.{}.mlp.c_proj",
        r"norm": "transformer.ln_f",
    },
    inputs_first=True,
    base="transformer.",
    tied={"lm_head.weight": "transformer.wte.weight"},
    holds={"norm": ("layer",), "attention": ("dot-product",), "rotary": (False,)},
    architectures={"language-modelling": "GPT2LMHeadModel"},
    config={
        "model.vocabulary_size": "vocab_size",
        "model.width": "n_embd",
        "model.depth": "n_layer",
        "model.num_heads": "n_head",
        "model.mlp_units": "n_inner",
        "model.activation": "activation_function",
        "model.epsilon": "layer_norm_epsilon",
        "model.positions": "n_positions",
        "model.dropout": "resid_pdrop",
        "model.attention_dropout": "attn_pdrop",
        "data.max_length": "n_positions",
    },
    supported={
        "model_type": ("gpt2",),
        "scale_attn_weights": (True,),
        "scale_attn_by_inverse_layer_idx": (False,),
        "add_cross_attention": (False,),
        "tie_word_embeddings": (True,),
    },
)
"""Layers to those of `transformers.GPT2Model`, whose kernels have inputs first too."""
