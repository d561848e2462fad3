"""The sum at the end of a residual branch."""

from typing import Any

import keras

from kerasdl.layers.drop_path import DropPath
from kerasdl.layers.dropout import Dropout
from kerasdl.layers.layer_scale import LayerScale
from kerasdl.seeds import check_seed, derive_seed


@keras.saving.register_keras_serializable(package="kerasdl")
class ResidualSum(keras.layers.Layer):
    """Add a residual branch to its input: `x + drop_path(scale(dropout(y)))`.

    Takes two tensors of the same shape `(batch, …)` and returns that shape.

    Args:
        dropout: Fraction of the branch zeroed in training, in `[0, 1)`.
        drop_path: Fraction of the examples that skip the branch in training, in
            `[0, 1)`.
        layer_scale: Initial value of the weights of `LayerScale`; 0 leaves it out.
        seed: Integer in `[0, 2**31)` for the draws. Without one, seeds come from
            Python's `random`.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(
        self,
        dropout: float = 0.0,
        drop_path: float = 0.0,
        layer_scale: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ):
        check_seed(seed)
        super().__init__(**kwargs)
        self.dropout = dropout
        self.drop_path = drop_path
        self.layer_scale = layer_scale
        self.seed = seed
        policy = self.dtype_policy
        places = ("dropout", "drop_path")
        seeds = [None if seed is None else derive_seed(seed, place) for place in places]
        self.zero = Dropout(dropout, seeds[0], dtype=policy, name="dropout")
        self.leave_out = DropPath(drop_path, seeds[1], dtype=policy, name="drop_path")
        self.scale = None
        if layer_scale:
            self.scale = LayerScale(layer_scale, dtype=policy, name="scale")
        self.supports_masking = True

    def build(self, inputs_shape: tuple, branch_shape: tuple) -> None:
        """Create the weights of `LayerScale`, if any."""
        if self.scale is not None:
            self.scale.build(branch_shape)
        self.built = True

    def call(self, inputs: Any, branch: Any, training: bool = False) -> Any:
        """Return the sum."""
        y = self.zero(branch, training=training)
        if self.scale is not None:
            y = self.scale(y)
        return inputs + self.leave_out(y, training=training)

    def compute_output_shape(self, inputs_shape: tuple, branch_shape: tuple) -> tuple:
        """Return the input shape."""
        return inputs_shape

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        arguments = {
            "dropout": self.dropout,
            "drop_path": self.drop_path,
            "layer_scale": self.layer_scale,
            "seed": self.seed,
        }
        return super().get_config() | arguments
