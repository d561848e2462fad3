"""The transformer block, for encoders and decoders."""

from typing import Any

import keras

from kerasdl.layers.feed_forward import FeedForward
from kerasdl.layers.multi_head_attention import MultiHeadAttention
from kerasdl.layers.normalization import normalization
from kerasdl.layers.residual_sum import ResidualSum
from kerasdl.seeds import check_seed, derive_seed


@keras.saving.register_keras_serializable(package="kerasdl")
class TransformerBlock(keras.layers.Layer):
    """Self-attention, optional cross-attention and a feed-forward network.

    Each is a residual branch. Normalisation comes before each branch, as in GPT-2 and
    ViT (Xiong et al. 2020, https://arxiv.org/abs/2002.04745). With `norm_first=False`,
    it comes after each sum, as in BERT and the original transformer (Vaswani et al.
    2017, https://arxiv.org/abs/1706.03762, section 3.1). An encoder block attends to
    all positions; `causal=True` makes a decoder block.

    Takes `(batch, time, width)` and, with `cross_attention`, a context
    `(batch, source, any width)`; returns `(batch, time, width)`. Attention ignores
    masked positions.

    Args:
        num_heads: Number of attention heads; it must divide the width.
        mlp_units: Hidden width of the feed-forward network.
        causal: Whether each position attends only to itself and those before it.
        cross_attention: Whether the block also attends to a context.
        norm_first: Whether normalisation comes before each branch instead of after each
            sum.
        activation: As in `FeedForward`.
        dropout: Fraction of each branch zeroed in training, in `[0, 1)`.
        attention_dropout: Fraction of the attention weights zeroed in training.
        drop_path: Fraction of the examples that skip a branch in training.
        layer_scale: Initial value of the weights of `LayerScale` in each branch; 0
            leaves it out.
        rotary: Whether self-attention encodes positions by `RotaryEmbedding`.
        output_stddev: Initial standard deviation of each branch's last kernel; all
            others have 0.02.
        epsilon: Added to the variance in normalisation.
        seed: Integer in `[0, 2**31)` for kernels and draws. Without one, seeds come
            from Python's `random`.
        norm: `"layer"`, `"rms"` or `"none"`, as in `normalization`.
        qk_norm: As in `MultiHeadAttention`.
        gated: As in `FeedForward`.
        num_kv_heads: As in `MultiHeadAttention`.
        use_bias: Whether the dense layers have biases.
        rotary_base: As `base` of `RotaryEmbedding`.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If an argument is out of range, or `num_heads` does not divide the
            width.
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
        qk_norm: bool = False,
        gated: bool = False,
        num_kv_heads: int | None = None,
        use_bias: bool = True,
        rotary_base: float = 10_000.0,
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
        self.qk_norm = qk_norm
        self.gated = gated
        self.num_kv_heads = num_kv_heads
        self.use_bias = use_bias
        self.rotary_base = rotary_base
        self.attention = self._attention("attention", causal=causal, rotary=rotary)
        self.attention_norm = self._norm("attention_norm")
        self.attention_sum = self._sum("attention_sum")
        if cross_attention:
            self.context_attention = self._attention("context_attention")
            self.context_norm = self._norm("context_norm")
            self.context_sum = self._sum("context_sum")
        self.mlp = FeedForward(
            mlp_units,
            activation,
            output_stddev,
            gated=gated,
            use_bias=use_bias,
            **self._part_settings("mlp"),
        )
        self.mlp_norm = self._norm("mlp_norm")
        self.mlp_sum = self._sum("mlp_sum")
        self.supports_masking = True

    def _part_settings(self, name: str) -> dict[str, Any]:
        """Return the seed, name and dtype of a part."""
        seed = None if self.seed is None else derive_seed(self.seed, name)
        return {"seed": seed, "name": name, "dtype": self.dtype_policy}

    def _attention(self, name: str, **settings: bool) -> MultiHeadAttention:
        return MultiHeadAttention(
            self.num_heads,
            self.attention_dropout,
            output_stddev=self.output_stddev,
            qk_norm=self.qk_norm,
            num_kv_heads=self.num_kv_heads,
            use_bias=self.use_bias,
            rotary_base=self.rotary_base,
            **settings,
            **self._part_settings(name),
        )

    def _norm(self, name: str) -> keras.layers.Layer:
        return normalization(self.norm, name, self.epsilon, self.dtype_policy)

    def _sum(self, name: str) -> ResidualSum:
        values = self.dropout, self.drop_path, self.layer_scale
        return ResidualSum(*values, **self._part_settings(name))

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

        def branch(x: Any, part: Any, norm: Any, sum_: Any, *args: Any, **kwargs: Any):
            y = part(norm(x) if self.norm_first else x, *args, **kwargs)
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

    def extend(self, inputs: Any, cache: Any, place: Any) -> tuple[Any, Any]:
        """Return what `call` returns for the next step of a sequence, and the new cache.

        For causal blocks without a context; the arguments are those of
        `MultiHeadAttention.extend`.
        """
        before, after = self.attention_norm, self.mlp_norm
        first = self.norm_first
        y, cache = self.attention.extend(
            before(inputs) if first else inputs, cache, place
        )
        x = self.attention_sum(inputs, y)
        x = x if first else before(x)
        x = self.mlp_sum(x, self.mlp(after(x) if first else x))
        return (x if first else after(x)), cache

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
            "qk_norm",
            "gated",
            "num_kv_heads",
            "use_bias",
            "rotary_base",
        )
        return super().get_config() | {name: getattr(self, name) for name in arguments}
