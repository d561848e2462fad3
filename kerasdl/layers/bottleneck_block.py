"""The block of deep residual networks."""

from typing import Any

import keras

from kerasdl.layers.batch_normalization import batch_normalization
from kerasdl.layers.convolution import convolution
from kerasdl.layers.subsample import subsample
from kerasdl.seeds import check_seed

EXPANSION = 4
"""Output channels for each channel between the 1×1 convolutions."""


@keras.saving.register_keras_serializable(package="kerasdl")
class BottleneckBlock(keras.layers.Layer):
    """A 3×3 convolution between two of 1×1, and a shortcut around them.

    Each convolution has no bias and is followed by batch normalisation; ReLU stands
    after the first two and after the sum. The shortcut is a 1×1 convolution of every
    `strides`-th pixel with batch normalisation where the stride is not 1 or the
    channels change, else the input itself. He et al. 2016,
    https://arxiv.org/abs/1512.03385, figure 5 and section 4.1; the stride is in the 3×3
    convolution, as in the implementations that people compare with (PyTorch, "ResNet
    v1.5"), not in the first one.

    Takes `(batch, height, width, channels)`; returns
    `(batch, ceil(height / strides), ceil(width / strides), 4 * filters)`.

    Args:
        filters: Channels between the 1×1 convolutions; the output has four times as
            many.
        strides: Stride of the 3×3 convolution and of the shortcut.
        seed: Integer in `[0, 2**31)` for the initial kernels, drawn He-normal by
            fan-out. Without one, seeds come from Python's `random`.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If `seed` is out of range.
    """

    def __init__(
        self, filters: int, strides: int = 1, seed: int | None = None, **kwargs: Any
    ):
        check_seed(seed)
        super().__init__(**kwargs)
        self.filters = filters
        self.strides = strides
        self.seed = seed
        policy = self.dtype_policy
        self.pad = keras.layers.ZeroPadding2D(
            1, data_format="channels_last", dtype=policy, name="pad"
        )
        self.conv_1 = convolution(filters, 1, "conv_1", seed, dtype=policy)
        self.conv_2 = convolution(filters, 3, "conv_2", seed, strides, dtype=policy)
        self.conv_3 = convolution(filters * EXPANSION, 1, "conv_3", seed, dtype=policy)
        self.norm_1, self.norm_2, self.norm_3 = (
            batch_normalization(f"norm_{number}", policy) for number in (1, 2, 3)
        )
        self.projection = None
        self.projection_norm = None

    def build(self, input_shape: tuple) -> None:
        """Create the variables; the shortcut depends on the input's channels."""
        output_shape = self.compute_output_shape(input_shape)
        narrow = (*input_shape[:-1], self.filters)
        self.conv_1.build(input_shape)
        self.norm_1.build(narrow)
        self.conv_2.build(self.pad.compute_output_shape(narrow))
        self.norm_2.build((*output_shape[:-1], self.filters))
        self.conv_3.build((*output_shape[:-1], self.filters))
        self.norm_3.build(output_shape)
        if self.strides != 1 or input_shape[-1] != output_shape[-1]:
            policy = self.dtype_policy
            self.projection = convolution(
                output_shape[-1], 1, "projection", self.seed, dtype=policy
            )
            self.projection.build(input_shape)
            self.projection_norm = batch_normalization("projection_norm", policy)
            self.projection_norm.build(output_shape)
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the block's output."""
        x = keras.ops.relu(self.norm_1(self.conv_1(inputs), training=training))
        x = self.conv_2(self.pad(x))
        x = keras.ops.relu(self.norm_2(x, training=training))
        x = self.norm_3(self.conv_3(x), training=training)
        shortcut = inputs
        if self.projection is not None and self.projection_norm is not None:
            shortcut = self.projection(subsample(inputs, self.strides))
            shortcut = self.projection_norm(shortcut, training=training)
        return keras.ops.relu(x + shortcut)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return `(batch, ceil(height / strides), ceil(width / strides), channels)`."""
        batch, *sides, _ = input_shape
        strided = (None if side is None else -(-side // self.strides) for side in sides)
        return (batch, *strided, self.filters * EXPANSION)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        arguments = {
            "filters": self.filters,
            "strides": self.strides,
            "seed": self.seed,
        }
        return super().get_config() | arguments
