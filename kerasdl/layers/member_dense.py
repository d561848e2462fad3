"""Dense layers of many members, each with weights of its own."""

import math
from typing import Any

import keras
from keras import ops

from kerasdl.initializers import Uniform
from kerasdl.seeds import check_seed, derive_seed


@keras.saving.register_keras_serializable(package="kerasdl")
class MemberDense(keras.layers.Layer):
    """Apply a dense layer of its own to each member of an ensemble.

    The last layer of TabM: Gorishniy et al. 2025, https://arxiv.org/abs/2410.24210,
    section 3. Weights are uniform between ±1 / √features.

    Takes `(batch, members, features)` and returns `(batch, members, units)`.

    Args:
        units: Number of outputs of a member.
        seed: Integer in `[0, 2**31)`. Without one, seeds come from Python's `random`.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If `units` is not above 0, or `seed` is out of range.
    """

    def __init__(self, units: int, seed: int | None = None, **kwargs: Any):
        if units < 1:
            raise ValueError(f"`units` (={units}) must be above 0")
        check_seed(seed)
        super().__init__(**kwargs)
        self.units = units
        self.seed = seed

    def build(self, input_shape: tuple) -> None:
        """Create a kernel and a bias for each member."""
        _, members, features = input_shape
        shapes = {
            "kernel": (members, features, self.units),
            "bias": (members, self.units),
        }
        self.kernel, self.bias = (
            self.add_weight(
                shape=shape,
                initializer=Uniform(
                    1 / math.sqrt(features),
                    None if self.seed is None else derive_seed(self.seed, name),
                ),
                name=name,
            )
            for name, shape in shapes.items()
        )
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return the outputs of all members."""
        return ops.einsum("bmf,mfu->bmu", inputs, self.kernel) + self.bias

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return `(batch, members, units)`."""
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return super().get_config() | {"units": self.units, "seed": self.seed}
