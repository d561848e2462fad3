"""The base class of the blocks of residual networks."""

from typing import Any

import keras

from kerasdl.layers.convolution import convolution
from kerasdl.layers.normalization import normalization
from kerasdl.layers.subsample import subsample
from kerasdl.seeds import check_seed


class ShortcutBlock(keras.layers.Layer):
    """A branch of convolutions, a shortcut around it, and an activation of their sum.

    Abstract: a subclass creates its convolutions, and implements `branch` and
    `build_branch`.

    Args:
        filters: Channels, as the subclass defines them.
        strides: Stride of the shortcut.
        seed: Integer in `[0, 2**31)` for the initial kernels. Without one, seeds come
            from Python's `random`.
        activation: Name of the activation, as in `keras.activations`.
        norm: As in `normalization`.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If `seed` is out of range, or `activation` or `norm` is unknown.
    """

    expansion = 1
    """Ratio of output channels to `filters`."""

    def __init__(
        self,
        filters: int,
        strides: int = 1,
        seed: int | None = None,
        activation: str = "relu",
        norm: str = "batch",
        **kwargs: Any,
    ):
        check_seed(seed)
        keras.activations.get(activation)
        super().__init__(**kwargs)
        self.filters = filters
        self.strides = strides
        self.seed = seed
        self.activation = activation
        self.norm = norm
        self.pad = keras.layers.ZeroPadding2D(
            1, data_format="channels_last", dtype=self.dtype_policy, name="pad"
        )
        self.projection = None
        self.projection_norm = None

    def build_branch(self, input_shape: tuple, output_shape: tuple) -> None:
        """Create the variables of the branch."""
        raise NotImplementedError

    def branch(self, inputs: Any, training: bool) -> Any:
        """Return the output of the branch, without the shortcut."""
        raise NotImplementedError

    def build(self, input_shape: tuple) -> None:
        """Create the variables; the shortcut depends on the input's channels."""
        output_shape = self.compute_output_shape(input_shape)
        self.build_branch(input_shape, output_shape)
        if self.strides != 1 or input_shape[-1] != output_shape[-1]:
            self.projection = self._convolution(output_shape[-1], 1, "projection")
            self.projection.build(input_shape)
            self.projection_norm = self._norm("projection_norm")
            self.projection_norm.build(output_shape)
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the block's output."""
        x = self.branch(inputs, training)
        shortcut = inputs
        if self.projection is not None and self.projection_norm is not None:
            shortcut = self.projection(subsample(inputs, self.strides))
            shortcut = self.projection_norm(shortcut, training=training)
        return self._activated(x + shortcut)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return `(batch, ceil(height / strides), ceil(width / strides), channels)`."""
        batch, *sides, _ = input_shape
        strided = (None if side is None else -(-side // self.strides) for side in sides)
        return (batch, *strided, self.filters * self.expansion)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        arguments = ("filters", "strides", "seed", "activation", "norm")
        return super().get_config() | {name: getattr(self, name) for name in arguments}

    def _convolution(
        self, filters: int, size: int, name: str, strides: int = 1, **settings: Any
    ) -> keras.layers.Layer:
        """Return a convolution, with a bias only if no normalisation follows."""
        settings |= {"use_bias": self.norm == "none", "dtype": self.dtype_policy}
        return convolution(filters, size, name, self.seed, strides, **settings)

    def _norm(self, name: str) -> keras.layers.Layer:
        return normalization(self.norm, name, dtype=self.dtype_policy)

    def _activated(self, x: Any) -> Any:
        return keras.activations.get(self.activation)(x)
