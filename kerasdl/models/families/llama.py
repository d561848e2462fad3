"""Llama."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from kerasdl.config.rules import Count, Epsilon, Fraction, Range
from kerasdl.errors import ModelFileError
from kerasdl.models.decoder_family import DecoderFamily
from kerasdl.models.published.library import Library
from kerasdl.models.transformer_family import PositionNorm, TransformerActivation

if TYPE_CHECKING:
    from kerasdl.models.published.source import Published


@dataclass(frozen=True)
class Llama(DecoderFamily):
    """A transformer decoder that generates text, like Llama.

    As `GPT`, with normalisation by the root mean square, rotary positions, SwiGLU, keys
    and values that several heads share, and no biases. Touvron et al. 2023,
    https://arxiv.org/abs/2302.13971, section 2.2, and
    https://arxiv.org/abs/2307.09288, appendix A.2.1.

    The model takes and returns what one of `GPT` does.
    """

    name: Literal["llama"] = "llama"
    mlp_units: Annotated[int, Range(1, 1_000_000)] = 344
    num_kv_heads: Literal["auto"] | Count = "auto"
    """Number of heads of keys and values, which divides `num_heads`; `auto` is
    `num_heads`. The width of a head is even."""
    activation: TransformerActivation = "silu"
    dropout: Fraction = 0.0
    attention_dropout: Fraction = 0.0
    epsilon: Epsilon = 1e-5
    norm: PositionNorm = "rms"
    rotary_base: Annotated[float, Range(1.001, 1e9)] = 10_000.0
    """Base of the speeds of rotation, which sets the slowest one."""
    tied: bool = False
    """Whether logits are products with the embeddings of tokens, instead of a layer of
    their own."""

    @property
    def is_tied(self) -> bool:
        """Whether logits are products with the embeddings of tokens."""
        return self.tied

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

        keys, config = keys_of_config(published, TRANSFORMERS), published.config
        width, heads = keys.get("model.width"), keys.get("model.num_heads")
        depth, shared = config.get("head_dim"), keys.get("model.num_kv_heads", heads)
        if type(width) is int and type(heads) is int and heads > 0:
            if depth is not None and depth != width / heads:
                what = f"config.json of {published.name} has head_dim {depth!r}"
                hint = f"in the model of kerasdl it is {width} / {heads}"
                raise ModelFileError(what, hint)
            if type(shared) is int and (shared < 1 or heads % shared):
                what = (
                    f"config.json of {published.name} has num_key_value_heads {shared}"
                )
                raise ModelFileError(what, f"it must divide the {heads} heads")
        rope, kind = (
            config.get("rope_parameters") or config.get("rope_scaling") or {},
            "",
        )
        if isinstance(rope, dict) and not any(
            isinstance(v, dict) for v in rope.values()
        ):
            kind = rope.get("rope_type", rope.get("type", "default"))
        if kind != "default":
            what = f"config.json of {published.name} has rotary positions {kind!r}"
            hint = "the model of kerasdl computes those that are not scaled"
            raise ModelFileError(what, hint)
        base = rope.get("rope_theta", config.get("rope_theta"))
        if base is not None:
            keys["model.rotary_base"] = base
        return keys

    def config_json(self, library: Library, task: str) -> dict[str, Any]:
        """Return the `config.json` that `transformers` reads for the model."""
        config = super().config_json(library, task)
        if self.num_kv_heads == "auto":
            config["num_key_value_heads"] = self.num_heads
        base = self.rotary_base
        rope = {"rope_type": "default", "rope_theta": base}
        return config | {"rope_theta": base, "rope_parameters": rope}

    def stack_settings(self) -> dict[str, Any]:
        """Return the arguments of `transformer_stack` that these keys decide."""
        count = self.num_kv_heads
        return super().stack_settings() | {
            "rotary": True,
            "gated": True,
            "use_bias": False,
            "num_kv_heads": None if count == "auto" else count,
            "rotary_base": self.rotary_base,
        }


TRANSFORMERS = Library(
    "transformers",
    {
        r"tokens": "model.embed_tokens",
        r"block_(\d+)/attention_norm/scale": "model.layers.{}.input_layernorm.weight",
        r"block_(\d+)/attention/query": "model.layers.{}.self_attn.q_proj",
        r"block_(\d+)/attention/key": "model.layers.{}.self_attn.k_proj",
        r"block_(\d+)/attention/value": "model.layers.{}.self_attn.v_proj",
        r"block_(\d+)/attention/project": "model.layers.{}.self_attn.o_proj",
        r"block_(\d+)/mlp_norm/scale": "model.layers.{}.post_attention_layernorm.weight",
        r"block_(\d+)/mlp/gate": "model.layers.{}.mlp.gate_proj",
        r"block_(\d+)/mlp/expand": "model.layers.{}.mlp.up_proj",
        r"block_(\d+)/mlp/project": "model.layers.{}.mlp.down_proj",
        r"norm/scale": "model.norm.weight",
        r"head": "lm_head",
    },
    base="model.",
    tied={"lm_head.weight": "model.embed_tokens.weight"},
    holds={"norm": ("rms",), "attention": ("dot-product",)},
    architectures={"language-modelling": "LlamaForCausalLM"},
    config={
        "model.vocabulary_size": "vocab_size",
        "model.width": "hidden_size",
        "model.depth": "num_hidden_layers",
        "model.num_heads": "num_attention_heads",
        "model.num_kv_heads": "num_key_value_heads",
        "model.mlp_units": "intermediate_size",
        "model.activation": "hidden_act",
        "model.epsilon": "rms_norm_eps",
        "model.attention_dropout": "attention_dropout",
        "model.tied": "tie_word_embeddings",
    },
    supported={
        "model_type": ("llama",),
        "attention_bias": (False,),
        "mlp_bias": (False,),
    },
)
"""Layers to those of `transformers.LlamaForCausalLM`."""
