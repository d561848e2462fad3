"""The block of transformers, for encoders and decoders."""

from typing import Any

import keras

from kerasdl.layers.feed_forward import FeedForward
from kerasdl.layers.multi_head_attention import MultiHeadAttention
from kerasdl.layers.normalization import normalization
from kerasdl.layers.residual_sum import ResidualSum
from kerasdl.seeds import check_seed, derive_seed


@keras.saving.register_keras_serializable(package="kerasdl")
class TransformerBlock(keras.layers.Layer):
    """Self-attention, attention to a context if there is one, and a feed-forward network.

    Each is a residual branch. Normalisation stands before each branch, as in
    GPT-2 and ViT (Xiong et al. 2020, https://arxiv.org/abs/2002.04745), or after each
    sum, as in BERT and the first transformer (Vaswani et al. 2017,
    https://arxiv.org/abs/1706.03762, section 3.1). An encoder's block sees all
    positions; `causal=True` makes it a decoder's.

    Takes `(batch, time, width)` and, with `cross_attention`, a context
    `(batch, source, any width)`; returns `(batch, time, width)`. Masked positions are
    not seen.

    Args:
        num_heads: Heads of attention; they divide the width.
        mlp_units: Width of the feed-forward network's first layer.
        causal: Whether each position sees only itself and those before it.
        cross_attention: Whether a context is attended to.
        norm_first: Whether normalisation stands before each branch.
        activation: As in `FeedForward`.
        dropout: Share of each branch zeroed in training, in `[0, 1)`.
        attention_dropout: Share of the attention weights zeroed in training.
        drop_path: Share of the examples without a branch in training.
        layer_scale: What the factors of each branch begin with; 0 leaves them out.
        rotary: Whether self-attention tells positions by `RotaryEmbedding`.
        output_stddev: Standard deviation of the last kernel of each branch; all others
            have 0.02.
        epsilon: Added to the variance in normalisation.
        seed: Integer in `[0, 2**31)` for kernels and draws. Without one, seeds come
            from Python's `random`.
        norm: `"layer"`, `"rms"` or `"none"`, as in `normalization`.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If an argument is out of range, or the width no multiple of
            `num_heads`.
    """

    def __init__(
        self,
        num_heads: int,
        mlp_units: int,
        causal: bool = False,
        cross_attention: bool = False,
        norm_first: bool = True,
        activation: str = "gelu",
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
        drop_path: float = 0.0,
        layer_scale: float = 0.0,
        rotary: bool = False,
        output_stddev: float = 0.02,
        epsilon: float = 1e-6,
        seed: int | None = None,
        norm: str = "layer",
        **kwargs: Any,
    ):
        check_seed(seed)
        if norm == "batch":
            raise ValueError(f"`norm` (={norm!r}) must be 'layer', 'rms' or 'none'")
        super().__init__(**kwargs)
        self.num_heads = num_heads
        self.mlp_units = mlp_units
        self.causal = causal
        self.cross_attention = cross_attention
        self.norm_first = norm_first
        self.activation = activation
        self.dropout = dropout
        self.attention_dropout = attention_dropout
        self.drop_path = drop_path
        self.layer_scale = layer_scale
        self.rotary = rotary
        self.output_stddev = output_stddev
        self.epsilon = epsilon
        self.seed = seed
        self.norm = norm
        self.attention = self._attention("attention", causal=causal, rotary=rotary)
        self.attention_norm = self._norm("attention_norm")
        self.attention_sum = self._sum("attention_sum")
        if cross_attention:
            self.context_attention = self._attention("context_attention")
            self.context_norm = self._norm("context_norm")
            self.context_sum = self._sum("context_sum")
        self.mlp = FeedForward(
            mlp_units, activation, output_stddev, **self._placed("mlp")
        )
        self.mlp_norm = self._norm("mlp_norm")
        self.mlp_sum = self._sum("mlp_sum")
        self.supports_masking = True

    def _placed(self, name: str) -> dict[str, Any]:
        seed = None if self.seed is None else derive_seed(self.seed, name)
        return {"seed": seed, "name": name, "dtype": self.dtype_policy}

    def _attention(self, name: str, **settings: bool) -> MultiHeadAttention:
        return MultiHeadAttention(
            self.num_heads,
            self.attention_dropout,
            output_stddev=self.output_stddev,
            **settings,
            **self._placed(name),
        )

    def _norm(self, name: str) -> keras.layers.Layer:
        return normalization(self.norm, name, self.epsilon, self.dtype_policy)

    def _sum(self, name: str) -> ResidualSum:
        shares = self.dropout, self.drop_path, self.layer_scale
        return ResidualSum(*shares, **self._placed(name))

    def build(self, inputs_shape: tuple, context_shape: tuple | None = None) -> None:
        """Create the variables of all parts."""
        self.attention.build(inputs_shape)
        self.mlp.build(inputs_shape)
        norms, sums = [self.attention_norm, self.mlp_norm], [self.attention_sum]
        if self.cross_attention:
            if context_shape is None:
                raise ValueError("with `cross_attention`, call the block on a context")
            self.context_attention.build(inputs_shape, context_shape)
            norms, sums = [*norms, self.context_norm], [*sums, self.context_sum]
        for norm in norms:
            norm.build(inputs_shape)
        for sum_ in (*sums, self.mlp_sum):
            sum_.build(inputs_shape, inputs_shape)
        self.built = True

    def call(
        self,
        inputs: Any,
        context: Any = None,
        training: bool = False,
        mask: Any = None,
        context_mask: Any = None,
    ) -> Any:
        """Return the block's output; masks are `(batch, time)` or `(batch, source)`."""

        def branch(x: Any, part: Any, norm: Any, sum_: Any, *given: Any, **also: Any):
            y = part(norm(x) if self.norm_first else x, *given, **also)
            x = sum_(x, y, training=training)
            return x if self.norm_first else norm(x)

        x = branch(
            inputs,
            self.attention,
            self.attention_norm,
            self.attention_sum,
            training=training,
            mask=mask,
        )
        if self.cross_attention:
            x = branch(
                x,
                self.context_attention,
                self.context_norm,
                self.context_sum,
                context,
                training=training,
                context_mask=context_mask,
            )
        return branch(x, self.mlp, self.mlp_norm, self.mlp_sum)

    def compute_output_shape(
        self, inputs_shape: tuple, context_shape: tuple | None = None
    ) -> tuple:
        """Return the input shape."""
        return inputs_shape

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        arguments = (
            "num_heads",
            "mlp_units",
            "causal",
            "cross_attention",
            "norm_first",
            "activation",
            "dropout",
            "attention_dropout",
            "drop_path",
            "layer_scale",
            "rotary",
            "output_stddev",
            "epsilon",
            "seed",
            "norm",
        )
        return super().get_config() | {name: getattr(self, name) for name in arguments}
