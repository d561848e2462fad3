"""A learned class token in front of a sequence."""

from typing import Any

import keras
from keras import ops

from kerasdl.initializers import TruncatedNormal
from kerasdl.seeds import check_seed


@keras.saving.register_keras_serializable(package="kerasdl")
class ClassToken(keras.layers.Layer):
    """Prepend the same learned vector to every sequence, to summarise it.

    Devlin et al. 2019, https://arxiv.org/abs/1810.04805, section 3; for images
    Dosovitskiy et al. 2021, https://arxiv.org/abs/2010.11929, section 3.1.

    Takes `(batch, time, width)` and returns `(batch, 1 + time, width)`.

    Args:
        stddev: Standard deviation of the truncated-normal initial vector; 0 for zeros.
        seed: Integer in `[0, 2**31)`. Without one, it comes from Python's `random`.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If `stddev` is below 0, or `seed` out of range.
    """

    def __init__(self, stddev: float = 0.02, seed: int | None = None, **kwargs: Any):
        if stddev < 0:
            raise ValueError(f"`stddev` (={stddev}) must be at least 0")
        check_seed(seed)
        super().__init__(**kwargs)
        self.stddev = stddev
        self.seed = seed
        self.supports_masking = True

    def build(self, input_shape: tuple) -> None:
        """Create the vector."""
        initializer = (
            TruncatedNormal(self.stddev, self.seed) if self.stddev else "zeros"
        )
        self.token = self.add_weight(
            shape=(1, 1, input_shape[-1]), initializer=initializer, name="token"
        )
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return the sequences with the token in front."""
        shape = (ops.shape(inputs)[0], 1, inputs.shape[-1])
        token = ops.broadcast_to(self.token, shape)
        return ops.concatenate([token, inputs], axis=1)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return the mask, with True for the token in front."""
        if mask is None:
            return None
        mask = ops.cast(mask, "bool")
        return ops.concatenate([ops.ones_like(mask[:, :1]), mask], axis=1)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return `(batch, 1 + time, width)`."""
        batch, time, width = input_shape
        return (batch, None if time is None else time + 1, width)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return super().get_config() | {"stddev": self.stddev, "seed": self.seed}
