"""Positions as learned vectors."""

from typing import Any

import keras
from keras import ops

from kerasdl.initializers import TruncatedNormal
from kerasdl.seeds import check_seed


@keras.saving.register_keras_serializable(package="kerasdl")
class LearnedPositions(keras.layers.Layer):
    """Add a learned vector for each position.

    Gehring et al. 2017, https://arxiv.org/abs/1705.03122, section 3.1.

    Takes `(batch, time, width)` with `time` up to `length`; returns the same shape.

    Args:
        length: Positions there are vectors for.
        seed: Integer in `[0, 2**31)` for the vectors, truncated-normal with a standard
            deviation of 0.02. Without one, it comes from Python's `random`.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If `seed` is out of range, or a sequence is longer.
    """

    def __init__(self, length: int, seed: int | None = None, **kwargs: Any):
        check_seed(seed)
        super().__init__(**kwargs)
        self.length = length
        self.seed = seed
        self.supports_masking = True

    def build(self, input_shape: tuple) -> None:
        """Create the vectors."""
        if input_shape[1] is not None:
            self._check_length(input_shape[1])
        self.positions = self.add_weight(
            shape=(self.length, input_shape[-1]),
            initializer=TruncatedNormal(0.02, self.seed),
            name="positions",
        )
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return the inputs with their positions."""
        time = inputs.shape[1]
        if time is None:
            return inputs + self.positions[: ops.shape(inputs)[1]]
        self._check_length(time)
        return inputs + self.positions[:time]

    def _check_length(self, time: int) -> None:
        if time > self.length:
            raise ValueError(
                f"a sequence of {time} is longer than `length` (={self.length})"
            )

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return the input shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return super().get_config() | {"length": self.length, "seed": self.seed}
