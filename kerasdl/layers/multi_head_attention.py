"""Multi-head attention with the same dropout on every backend."""

from typing import Any

import keras
from keras import ops

from kerasdl.backend.precision import at_least_float32
from kerasdl.layers.dense import dense
from kerasdl.layers.dropout import Dropout
from kerasdl.layers.rms_normalization import RMSNormalization
from kerasdl.layers.rotary_embedding import RotaryEmbedding
from kerasdl.seeds import check_seed, derive_seed


@keras.saving.register_keras_serializable(package="kerasdl")
class MultiHeadAttention(keras.layers.Layer):
    """Scaled dot-product attention with several heads.

    Unlike `keras.layers.MultiHeadAttention`, initial weights and dropout are the same
    on every backend. Without dropout, it uses `keras.ops.dot_product_attention`, which
    some backends fuse. Vaswani et al. 2017, https://arxiv.org/abs/1706.03762, section
    3.2.

    Takes `(batch, time, width)` and, for cross-attention, a context
    `(batch, source, any width)`; returns `(batch, time, width)`. Masked positions of
    the attended sequence are ignored. The output of a position that can attend to none
    is meaningless, as before the first token of a left-padded text.

    Args:
        num_heads: Number of heads; it must divide the width.
        dropout: Fraction of the attention weights zeroed in training, in `[0, 1)`.
        causal: Whether each position attends only to itself and those before it.
        rotary: Whether queries and keys encode their positions by `RotaryEmbedding`.
        output_stddev: Initial standard deviation of the output kernel; the other
            kernels have 0.02.
        seed: Integer in `[0, 2**31)` for kernels and dropout. Without one, seeds come
            from Python's `random`.
        qk_norm: Whether each head normalises its queries and keys by their root mean
            square before they are compared, which bounds the attention scores
            (Dehghani et al. 2023, https://arxiv.org/abs/2302.05442, section 2, who use
            layer normalisation; Henry et al. 2020, https://arxiv.org/abs/2010.04245).
        num_kv_heads: Number of heads of keys and values, each of which serves as many
            heads of queries; it must divide `num_heads` (Ainslie et al. 2023,
            https://arxiv.org/abs/2305.13245, section 2.2). None is `num_heads`.
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
        dropout: float = 0.0,
        causal: bool = False,
        rotary: bool = False,
        output_stddev: float = 0.02,
        seed: int | None = None,
        qk_norm: bool = False,
        num_kv_heads: int | None = None,
        use_bias: bool = True,
        rotary_base: float = 10_000.0,
        **kwargs: Any,
    ):
        if num_heads < 1:
            raise ValueError(f"`num_heads` (={num_heads}) must be at least 1")
        if num_kv_heads is not None and (num_kv_heads < 1 or num_heads % num_kv_heads):
            raise ValueError(
                f"`num_kv_heads` (={num_kv_heads}) must divide `num_heads` (={num_heads})"
            )
        check_seed(seed)
        super().__init__(**kwargs)
        self.num_heads = num_heads
        self.dropout = dropout
        self.causal = causal
        self.rotary = rotary
        self.output_stddev = output_stddev
        self.seed = seed
        self.qk_norm = qk_norm
        self.num_kv_heads = num_kv_heads
        self.use_bias = use_bias
        self.rotary_base = rotary_base
        dropout_seed = None if seed is None else derive_seed(seed, "dropout")
        self.weights_dropout = Dropout(
            dropout, dropout_seed, dtype=self.dtype_policy, name="dropout"
        )
        self.turn = (
            RotaryEmbedding(rotary_base, dtype=self.dtype_policy) if rotary else None
        )
        self.query_norm = self._norm("query_norm") if qk_norm else None
        self.key_norm = self._norm("key_norm") if qk_norm else None
        self.supports_masking = True

    def build(self, inputs_shape: tuple, context_shape: tuple | None = None) -> None:
        """Create the variables."""
        width = inputs_shape[-1]
        if width % self.num_heads:
            raise ValueError(
                f"the width (={width}) must be divisible by `num_heads` "
                f"(={self.num_heads})"
            )
        heads = (self.num_heads, width // self.num_heads)
        kv_width = width // self.num_heads * (self.num_kv_heads or self.num_heads)
        source = context_shape or inputs_shape
        if self.turn is not None:
            self.turn.build((*inputs_shape[:-1], *heads))
        if self.query_norm is not None and self.key_norm is not None:
            self.query_norm.build((*inputs_shape[:-1], *heads))
            self.key_norm.build((*source[:-1], *heads))
        self.query = self._dense("query", inputs_shape, width)
        self.key = self._dense("key", source, kv_width)
        self.value = self._dense("value", source, kv_width)
        self.project = self._dense("project", inputs_shape, width, self.output_stddev)
        # A first call sets attributes. PyTorch's step, recorded then, would not be valid.
        self.weights_dropout(keras.KerasTensor((None, None)))
        self.built = True

    def _norm(self, name: str) -> RMSNormalization:
        return RMSNormalization(epsilon=1e-6, dtype=self.dtype_policy, name=name)

    def _dense(
        self, name: str, shape: tuple, width: int, stddev: float = 0.02
    ) -> keras.layers.Layer:
        settings = {"use_bias": self.use_bias, "dtype": self.dtype_policy}
        layer = dense(width, name, self.seed, stddev, **settings)
        layer.build(shape)
        return layer

    def call(
        self,
        inputs: Any,
        context: Any = None,
        training: bool = False,
        mask: Any = None,
        context_mask: Any = None,
    ) -> Any:
        """Return the attention output; a mask is boolean, `(batch, source)`."""
        if context is None:
            context, context_mask = inputs, mask
        query, key = self._heads(self.query(inputs)), self._heads(self.key(context))
        value = self._heads(self.value(context))
        if self.query_norm is not None and self.key_norm is not None:
            query, key = self.query_norm(query), self.key_norm(key)
        if self.turn is not None:
            query, key = self.turn(query), self.turn(key)
        if context_mask is not None:
            context_mask = ops.cast(context_mask, "bool")[:, None, None, :]
        key, value = self._repeat_kv_heads(key), self._repeat_kv_heads(value)
        attended = self._attend(query, key, value, context_mask, training)
        return self.project(ops.reshape(attended, ops.shape(inputs)))

    def extend(self, inputs: Any, cache: Any, place: Any) -> tuple[Any, Any]:
        """Return what `call` returns for the next step of a sequence, and the new cache.

        Args:
            inputs: Vectors of the step, `(batch, 1, width)`.
            cache: Keys and values of the steps before, each
                `(batch, time, heads of keys, depth)`, of which those from `place` on are
                unused.
            place: Number of the steps before, an integer of shape `()`.
        """
        query, key, value = (
            self._heads(part(inputs)) for part in (self.query, self.key, self.value)
        )
        if self.query_norm is not None and self.key_norm is not None:
            query, key = self.query_norm(query), self.key_norm(key)
        if self.turn is not None:
            query, key = self.turn(query, start=place), self.turn(key, start=place)
        times = ops.arange(cache[0].shape[1])
        is_new = ops.equal(times, place)[None, :, None, None]
        keys, values = (
            ops.where(is_new, key, cache[0]),
            ops.where(is_new, value, cache[1]),
        )
        scores = ops.einsum("bthd,bshd->bhts", query, self._repeat_kv_heads(keys))
        scores = ops.cast(scores, at_least_float32(scores.dtype))
        scores = ops.where(times <= place, scores * query.shape[-1] ** -0.5, -1e30)
        weights = ops.cast(ops.softmax(scores), values.dtype)
        attended = ops.einsum("bhts,bshd->bthd", weights, self._repeat_kv_heads(values))
        return self.project(ops.reshape(attended, ops.shape(inputs))), (keys, values)

    def _heads(self, x: Any) -> Any:
        """Return `(batch, time, heads, depth)`."""
        shape, depth = ops.shape(x), self.query.units // self.num_heads
        return ops.reshape(x, (shape[0], shape[1], x.shape[-1] // depth, depth))

    def _repeat_kv_heads(self, x: Any) -> Any:
        """Return keys or values for each head of queries."""
        if self.num_kv_heads is None:
            return x
        return ops.repeat(x, self.num_heads // self.num_kv_heads, axis=2)

    def _attend(
        self, query: Any, key: Any, value: Any, mask: Any, training: bool
    ) -> Any:
        if not (training and self.dropout):
            return ops.dot_product_attention(
                query, key, value, mask=mask, is_causal=self.causal
            )
        scores = ops.einsum("bthd,bshd->bhts", query, key)
        scores = (
            ops.cast(scores, at_least_float32(scores.dtype)) * query.shape[-1] ** -0.5
        )
        if self.causal:
            time = ops.arange(ops.shape(query)[1])
            causal_mask = (time[:, None] >= time[None, :])[None, None]
            mask = causal_mask if mask is None else ops.logical_and(mask, causal_mask)
        if mask is not None:
            scores = ops.where(mask, scores, -1e30)
        weights = ops.cast(ops.softmax(scores), value.dtype)
        weights = self.weights_dropout(weights, training=True)
        return ops.einsum("bhts,bshd->bthd", weights, value)

    def compute_output_shape(
        self, inputs_shape: tuple, context_shape: tuple | None = None
    ) -> tuple:
        """Return the input shape."""
        return inputs_shape

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        arguments = {
            "num_heads": self.num_heads,
            "dropout": self.dropout,
            "causal": self.causal,
            "rotary": self.rotary,
            "output_stddev": self.output_stddev,
            "seed": self.seed,
            "qk_norm": self.qk_norm,
            "num_kv_heads": self.num_kv_heads,
            "use_bias": self.use_bias,
            "rotary_base": self.rotary_base,
        }
        return super().get_config() | arguments
