"""The basic block of residual networks."""

from typing import Any

import keras

from kerasdl.layers.shortcut_block import ShortcutBlock


@keras.saving.register_keras_serializable(package="kerasdl")
class ResidualBlock(ShortcutBlock):
    """Two 3×3 convolutions, with a shortcut around them.

    Strided convolution → normalisation → activation → convolution → normalisation →
    sum with the shortcut → activation. The shortcut is the input itself, unless the
    stride is not 1 or the channels change. Then it is a 1×1 convolution of every
    `strides`-th pixel, with normalisation. With batch normalisation and ReLU, this is
    the block of He et al. 2016, https://arxiv.org/abs/1512.03385, figure 2 and section
    3.3, option B.

    Takes `(batch, height, width, channels)`; returns
    `(batch, ceil(height / strides), ceil(width / strides), filters)`.

    Strided convolutions are padded equally on all sides, as in the published networks.
    Keras's `"same"` would pad at the bottom and right only.

    Args:
        filters: Output channels.
        strides: Stride of the first convolution and of the shortcut.
        seed: Integer in `[0, 2**31)` for the initial kernels, drawn He-normal by
            fan-out. Without one, seeds come from Python's `random`.
        activation: Name of the activation, as in `keras.activations`.
        norm: `"batch"`, `"layer"`, `"rms"` or `"none"`, as in `normalization`. The
            convolutions have a bias only with `"none"`.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If `seed` is out of range, or `activation` or `norm` is unknown.
    """

    def __init__(
        self,
        filters: int,
        strides: int = 1,
        seed: int | None = None,
        activation: str = "relu",
        norm: str = "batch",
        **kwargs: Any,
    ):
        super().__init__(filters, strides, seed, activation, norm, **kwargs)
        self.conv_1 = self._convolution(filters, 3, "conv_1", strides)
        self.norm_1 = self._norm("norm_1")
        self.conv_2 = self._convolution(filters, 3, "conv_2", padding="same")
        self.norm_2 = self._norm("norm_2")

    def build_branch(self, input_shape: tuple, output_shape: tuple) -> None:
        """Create the variables of the two convolutions."""
        self.conv_1.build(self.pad.compute_output_shape(input_shape))
        self.norm_1.build(output_shape)
        self.conv_2.build(output_shape)
        self.norm_2.build(output_shape)

    def branch(self, inputs: Any, training: bool) -> Any:
        """Return the output of the branch, without the shortcut."""
        x = self.conv_1(self.pad(inputs))
        x = self._activated(self.norm_1(x, training=training))
        return self.norm_2(self.conv_2(x), training=training)
