"""Rotary position embeddings."""

from typing import Any

import keras
from keras import ops

from kerasdl.backend.precision import at_least_float32


@keras.saving.register_keras_serializable(package="kerasdl")
class RotaryEmbedding(keras.layers.Layer):
    """Rotate queries or keys by angles that grow with their position.

    The product of a rotated query and a rotated key then depends on their relative
    position, but not on their absolute positions. Feature `i` of the first half and
    feature `i` of the second half form a pair, rotated by
    `position * base**(-2 i / depth)`, as in Llama. The paper pairs neighbours instead;
    only the order of the features differs. Su et al. 2021,
    https://arxiv.org/abs/2104.09864, section 3.2.2.

    Takes and returns `(batch, time, heads, depth)`, with an even depth. Angles are
    computed in float32 or better.

    Args:
        base: Base of the rotation speeds, above 1; it sets the slowest one.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If `base` is not above 1, or the depth is odd.
    """

    def __init__(self, base: float = 10_000.0, **kwargs: Any):
        if base <= 1:
            raise ValueError(f"`base` (={base}) must be above 1")
        super().__init__(**kwargs)
        self.base = base
        self.supports_masking = True

    def build(self, input_shape: tuple) -> None:
        """Check the depth."""
        if input_shape[-1] % 2:
            raise ValueError(f"the depth of a head (={input_shape[-1]}) must be even")
        self.built = True

    def call(self, inputs: Any, start: Any = 0) -> Any:
        """Return the rotated inputs, of which the first has the position `start`."""
        _, time, _, depth = inputs.shape
        half = depth // 2
        steps = ops.shape(inputs)[1] if time is None else time
        dtype = at_least_float32(inputs.dtype)
        first = ops.cast(start, dtype)
        position = first + ops.arange(steps, dtype=dtype)[:, None, None]
        speed = self.base ** (-ops.arange(half, dtype=dtype) / half)
        angle = position * speed  # (time, 1, depth / 2)
        cos, sin = (ops.cast(f(angle), inputs.dtype) for f in (ops.cos, ops.sin))
        first, second = inputs[..., :half], inputs[..., half:]
        rotated = [first * cos - second * sin, second * cos + first * sin]
        return ops.concatenate(rotated, axis=-1)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return the input shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return super().get_config() | {"base": self.base}
