"""The basic block of residual networks."""

from typing import Any

import keras

from kerasdl.layers.batch_normalization import batch_normalization
from kerasdl.layers.convolution import convolution
from kerasdl.layers.subsample import subsample
from kerasdl.seeds import check_seed


@keras.saving.register_keras_serializable(package="kerasdl")
class ResidualBlock(keras.layers.Layer):
    """Two 3×3 convolutions and a shortcut around them.

    Convolution (strided, no bias), batch normalisation, ReLU, convolution, batch
    normalisation; then the shortcut is added, and ReLU follows the sum. The shortcut is
    a 1×1 convolution of every `strides`-th pixel with batch normalisation where the
    stride is not 1 or the channels change, else the input itself. He et al. 2016,
    https://arxiv.org/abs/1512.03385, figure 2 and section 3.3, option B.

    Takes `(batch, height, width, channels)`; returns
    `(batch, ceil(height / strides), ceil(width / strides), filters)`.

    Strided convolutions are padded on both sides alike, as in the published networks;
    Keras's "same" would pad at the bottom and right only.

    Args:
        filters: Output channels.
        strides: Stride of the first convolution and of the shortcut.
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
        self.conv_1 = convolution(filters, 3, "conv_1", seed, strides, dtype=policy)
        self.norm_1 = batch_normalization("norm_1", policy)
        self.conv_2 = convolution(
            filters, 3, "conv_2", seed, padding="same", dtype=policy
        )
        self.norm_2 = batch_normalization("norm_2", policy)
        self.projection = None
        self.projection_norm = None

    def build(self, input_shape: tuple) -> None:
        """Create the variables; the shortcut depends on the input's channels."""
        output_shape = self.compute_output_shape(input_shape)
        self.conv_1.build(self.pad.compute_output_shape(input_shape))
        self.norm_1.build(output_shape)
        self.conv_2.build(output_shape)
        self.norm_2.build(output_shape)
        if self.strides != 1 or input_shape[-1] != self.filters:
            policy = self.dtype_policy
            self.projection = convolution(
                self.filters, 1, "projection", self.seed, dtype=policy
            )
            self.projection.build(input_shape)
            self.projection_norm = batch_normalization("projection_norm", policy)
            self.projection_norm.build(output_shape)
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the block's output."""
        x = self.conv_1(self.pad(inputs))
        x = keras.ops.relu(self.norm_1(x, training=training))
        x = self.norm_2(self.conv_2(x), training=training)
        shortcut = inputs
        if self.projection is not None and self.projection_norm is not None:
            shortcut = self.projection(subsample(inputs, self.strides))
            shortcut = self.projection_norm(shortcut, training=training)
        return keras.ops.relu(x + shortcut)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return `(batch, ceil(height / strides), ceil(width / strides), filters)`."""
        batch, *sides, _ = input_shape
        strided = (None if side is None else -(-side // self.strides) for side in sides)
        return (batch, *strided, self.filters)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        arguments = {
            "filters": self.filters,
            "strides": self.strides,
            "seed": self.seed,
        }
        return super().get_config() | arguments
