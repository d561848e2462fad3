"""GPT-2."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from kerasdl.config.rules import Epsilon, Width
from kerasdl.models.decoder_family import DecoderFamily
from kerasdl.models.published.library import Library
from kerasdl.models.transformer_family import TransformerActivation
from kerasdl.seeds import derive_seed

if TYPE_CHECKING:
    from kerasdl.models.published.source import Published


@dataclass(frozen=True)
class GPT(DecoderFamily):
    """A transformer decoder that generates text, like GPT-2.

    Embeddings of tokens and positions → dropout → causal pre-norm blocks →
    normalisation → logits by the token embedding, transposed. Radford et al. 2019,
    https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf,
    section 2.3: the last kernel of each branch starts smaller by sqrt(2 · depth).
    """

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

    def placed(self, x: Any, places: Any, seed: int) -> Any:
        """Return vectors of tokens plus those of their positions, unless rotary."""
        from kerasdl.layers import LearnedPositions

        if self.rotary:
            return x
        own_seed = derive_seed(seed, "positions")
        return LearnedPositions(self.positions, own_seed, name="positions")(x, places)

    def stack_settings(self) -> dict[str, Any]:
        """Return the arguments of `transformer_stack` that these keys decide."""
        return super().stack_settings() | {"rotary": self.rotary}


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
