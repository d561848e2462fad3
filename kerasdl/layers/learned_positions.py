"""Learned position embeddings."""

from typing import Any

import keras
from keras import ops

from kerasdl.initializers import TruncatedNormal
from kerasdl.seeds import check_seed


@keras.saving.register_keras_serializable(package="kerasdl")
class LearnedPositions(keras.layers.Layer):
    """Add a learned vector for each position.

    Gehring et al. 2017, https://arxiv.org/abs/1705.03122, section 3.1.

    Takes `(batch, time, width)` and returns the same shape. Positions count from 0, so
    `time` may be at most `length`. The optional second input, `places`, sets them
    instead: integers `(batch, time)` in `[0, length)`.

    Args:
        length: Number of positions.
        seed: Integer in `[0, 2**31)` for the vectors, truncated-normal with a standard
            deviation of 0.02. Without one, it comes from Python's `random`.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If `seed` is out of range, or a sequence is longer than `length`.
    """

    def __init__(self, length: int, seed: int | None = None, **kwargs: Any):
        check_seed(seed)
        super().__init__(**kwargs)
        self.length = length
        self.seed = seed
        self.supports_masking = True

    def build(self, inputs_shape: tuple, places_shape: tuple | None = None) -> None:
        """Create the vectors."""
        if inputs_shape[1] is not None:
            self._check_length(inputs_shape[1])
        self.positions = self.add_weight(
            shape=(self.length, inputs_shape[-1]),
            initializer=TruncatedNormal(0.02, self.seed),
            name="positions",
        )
        self.built = True

    def call(self, inputs: Any, places: Any = None) -> Any:
        """Return the inputs plus the vectors of their positions, or of `places`."""
        if places is not None:
            return inputs + ops.take(self.positions, places, axis=0)
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

    def compute_output_shape(
        self, inputs_shape: tuple, places_shape: tuple | None = None
    ) -> tuple:
        """Return the input shape."""
        return inputs_shape

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return super().get_config() | {"length": self.length, "seed": self.seed}
