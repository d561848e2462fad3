"""Transformer encoders for text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from kerasdl.config.rules import Count, Epsilon, Range, Width
from kerasdl.errors import ConfigError, ModelFileError
from kerasdl.models.published.library import Library
from kerasdl.models.token_family import TokenFamily, check_token_shape
from kerasdl.models.transformer_family import TransformerFamily
from kerasdl.seeds import derive_seed

if TYPE_CHECKING:
    import keras

    from kerasdl.models.published.source import Published


@dataclass(frozen=True)
class BERT(TransformerFamily, TokenFamily):
    """A transformer encoder for text, with BERT's pooler.

    Embeddings of tokens, positions and token types → normalisation → dropout → blocks →
    tanh layer on the first token → dropout → Dense. Devlin et al. 2019,
    https://arxiv.org/abs/1810.04805, section 3 and appendix A. With `norm_first`, it is
    the pre-norm variant of Xiong et al. 2020, https://arxiv.org/abs/2002.04745, which
    normalises after the last block instead of before the first.

    The model takes int32 token ids `(batch, time)`, where 0 is padding, or
    `(batch, time, 2)`, which pairs each id with its token type. The first token must
    not be padding. The model returns float32 logits or values `(batch, num_outputs)`.
    With `pooling` "none" it returns logits of each token, `(batch, time, num_outputs)`:
    a layer, a normalisation, and products with the embeddings of tokens (appendix A.1).

    If `num_outputs` is None, the last dropout and layer are left out: it returns the
    pooler's output. With `pooling` "mean", there is no pooler: the mean of the tokens
    that are not padding takes its place, as in Reimers & Gurevych 2019,
    https://arxiv.org/abs/1908.10084, section 3.
    """

    last_layers: ClassVar[tuple[str, ...]] = ("head", "pooler")
    name: Literal["bert"] = "bert"
    depth: Count = 2
    num_heads: Count = 2
    epsilon: Epsilon = 1e-12
    positions: Width = 512
    """Maximum length of a text, in tokens."""
    token_types: Annotated[int, Range(0, 1000)] = 2
    """Number of token types; 0 leaves out their embedding."""
    pooling: Literal["token", "mean", "none"] = "token"
    """What the last layer reads: the pooler of the first token (`token`), the mean of
    all tokens, as in sentence encoders, or each token, to find hidden ones (`none`)."""
    norm_first: bool = False
    """Whether normalisation comes before each branch instead of after each sum."""

    def inherited_keys(self) -> dict[str, Any]:
        """Return the keys; an encoder of hidden tokens is pooled in another task."""
        keys = super().inherited_keys()
        return {key: each for key, each in keys.items() if each != "none"}

    def config_json(self, library: Library, task: str) -> dict[str, Any]:
        """Return the `config.json` that `transformers` reads for the model.

        Raises:
            ConfigError: If it has no such model.
        """
        is_headless = library.architectures.get(task) == "BertModel"
        is_pooled = self.pooling == "token" or is_headless
        if not is_pooled or not self.token_types:
            key = "token_types" if is_pooled else "pooling"
            what = f"{library.name} has no model with {key} {getattr(self, key)!r}"
            raise ConfigError(what, "write the weights by --names kerasdl")
        return super().config_json(library, task)

    @classmethod
    def published(cls) -> tuple[Library, ...]:
        """Return the libraries that publish weights of the family."""
        return (TRANSFORMERS,)

    @classmethod
    def keys_of(cls, published: "Published") -> dict[str, Any]:
        """Return the sizes, and how the vectors of a sentence become one.

        Raises:
            ModelFileError: If the model cannot compute what was published.
        """
        from kerasdl.models.published.config_keys import keys_of_config

        keys = keys_of_config(published, TRANSFORMERS)
        modes = [
            mode
            for mode, is_on in published.pooling.items()
            if mode.startswith("pooling_mode_") and is_on is True
        ]
        if modes == ["pooling_mode_mean_tokens"]:
            keys["model.pooling"] = "mean"
        elif modes:
            what = f"{published.name} pools by {', '.join(modes)}"
            raise ModelFileError(what, "the model of kerasdl takes the mean of tokens")
        if length := published.longest.get("max_seq_length"):
            keys["data.max_length"] = length
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
                `vocabulary_size` is still `auto`, or if a key is invalid.
        """
        check_token_shape(input_shape)
        if self.vocabulary_size == "auto":
            raise ValueError(
                "`vocabulary_size` must be a number: there is no data to take it from"
            )
        import keras
        from keras import layers, ops

        from kerasdl.backend.precision import at_least_float32
        from kerasdl.initializers import TruncatedNormal
        from kerasdl.layers import Dropout, dense, normalization
        from kerasdl.models.parts import head
        from kerasdl.models.transformer_stack import transformer_stack

        inputs = keras.Input(tuple(input_shape), dtype="int32", name="inputs")
        tokens = self._tokens(self.vocabulary_size, seed)
        x, mask = self._embed(inputs, tokens, seed)
        x = transformer_stack(
            x,
            seed=seed,
            last_norm="last_norm" if self.norm_first else None,
            call_arguments={"mask": mask},
            norm_first=self.norm_first,
            **self.stack_settings(),
        )
        if self.pooling == "none":
            x = dense(self.width, "transform", seed, activation=self.activation)(x)
            x = normalization(self.norm, "transform_norm", self.epsilon)(x)
            x = ops.where(mask[..., None], x, 0)
            logits = layers.Activation(
                "linear", dtype=at_least_float32(), name="logits"
            )
            outputs = logits(tokens(x, reverse=True))
            return keras.Model(inputs, outputs, name=name or self.identifier())
        if self.pooling == "mean":
            pool = layers.GlobalAveragePooling1D
            x = pool("channels_last", dtype=at_least_float32(), name="pool")(x, mask)
        else:
            x = dense(self.width, "pooler", seed, activation="tanh")(x[:, 0])
        if num_outputs is not None:
            layer_name = "head_dropout"
            x = Dropout(self.dropout, derive_seed(seed, layer_name), name=layer_name)(x)
        outputs = head(x, num_outputs, TruncatedNormal(0.02, derive_seed(seed, "head")))
        return keras.Model(inputs, outputs, name=name or self.identifier())

    def _tokens(self, vocabulary_size: int, seed: int) -> Any:
        """Return the embedding of tokens, which hidden ones are also compared with."""
        from keras import layers

        from kerasdl.backend.precision import at_least_float32
        from kerasdl.initializers import TruncatedNormal

        kernel = TruncatedNormal(0.02, derive_seed(seed, "tokens"))
        settings: dict[str, Any] = {"embeddings_initializer": kernel, "name": "tokens"}
        if self.pooling != "none":
            return layers.Embedding(vocabulary_size, self.width, **settings)
        dtype = at_least_float32()  # half precision would round logits
        return layers.ReversibleEmbedding(
            vocabulary_size, self.width, dtype=dtype, **settings
        )

    def _embed(self, inputs: Any, tokens: Any, seed: int) -> Any:
        """Return vectors `(batch, time, width)` and a mask that is False at padding."""
        from keras import layers, ops

        from kerasdl.data.text_preprocessing import PADDING
        from kerasdl.initializers import TruncatedNormal
        from kerasdl.layers import Dropout, LearnedPositions, normalization

        def embedding(count: int, layer_name: str) -> Any:
            initializer = TruncatedNormal(0.02, derive_seed(seed, layer_name))
            return layers.Embedding(
                count, self.width, embeddings_initializer=initializer, name=layer_name
            )

        paired = len(inputs.shape) == 3
        ids = inputs[..., 0] if paired else inputs
        mask = ops.not_equal(ids, PADDING)
        x = tokens(ids)
        if self.token_types:
            types = inputs[..., 1] if paired else ops.zeros_like(ids)
            x = x + embedding(self.token_types, "types")(types)
        own_seed = derive_seed(seed, "positions")
        x = LearnedPositions(self.positions, own_seed, name="positions")(x)
        if not self.norm_first:
            x = normalization(self.norm, "norm", self.epsilon)(x)
        own_seed = derive_seed(seed, "dropout")
        return Dropout(self.dropout, own_seed, name="dropout")(x), mask


_LAYER = "bert.encoder.layer.{}"
TRANSFORMERS = Library(
    "transformers",
    {
        r"tokens": "bert.embeddings.word_embeddings",
        r"types": "bert.embeddings.token_type_embeddings",
        r"positions/positions": "bert.embeddings.position_embeddings.weight",
        r"norm": "bert.embeddings.LayerNorm",
        r"block_(\d+)/attention/(query|key|value)": f"{_LAYER}.attention.self.{{}}",
        r"block_(\d+)/attention/project": f"{_LAYER}.attention.output.dense",
        r"block_(\d+)/attention_norm": f"{_LAYER}.attention.output.LayerNorm",
        r"block_(\d+)/mlp/expand": f"{_LAYER}.intermediate.dense",
        r"block_(\d+)/mlp/project": f"{_LAYER}.output.dense",
        r"block_(\d+)/mlp_norm": f"{_LAYER}.output.LayerNorm",
        r"pooler": "bert.pooler.dense",
        r"transform": "cls.predictions.transform.dense",
        r"transform_norm": "cls.predictions.transform.LayerNorm",
        r"head": "classifier",
    },
    base="bert.",
    holds={"norm": ("layer",), "attention": ("dot-product",), "norm_first": (False,)},
    architectures={
        "classification": "BertForSequenceClassification",
        "embedding": "BertModel",
    },
    config={
        "model.vocabulary_size": "vocab_size",
        "model.width": "hidden_size",
        "model.depth": "num_hidden_layers",
        "model.num_heads": "num_attention_heads",
        "model.mlp_units": "intermediate_size",
        "model.activation": "hidden_act",
        "model.epsilon": "layer_norm_eps",
        "model.positions": "max_position_embeddings",
        "model.token_types": "type_vocab_size",
        "model.dropout": "hidden_dropout_prob",
        "model.attention_dropout": "attention_probs_dropout_prob",
        "data.max_length": "max_position_embeddings",
    },
    supported={
        "model_type": ("bert",),
        "position_embedding_type": ("absolute",),
        "pad_token_id": (0, None),
        "is_decoder": (False,),
        "add_cross_attention": (False,),
    },
)
"""Post-norm layers, except the last one, to those of `transformers.BertModel`."""
