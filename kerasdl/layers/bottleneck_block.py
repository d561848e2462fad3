"""The bottleneck block of deep residual networks."""

from typing import Any

import keras

from kerasdl.layers.shortcut_block import ShortcutBlock


@keras.saving.register_keras_serializable(package="kerasdl")
class BottleneckBlock(ShortcutBlock):
    """A 3×3 convolution between two 1×1 convolutions, with a shortcut around them.

    Normalisation follows each convolution. The activation follows the first two
    normalisations and the sum. The shortcut is the input itself, unless the stride is
    not 1 or the channels change. Then it is a 1×1 convolution of every `strides`-th
    pixel, with normalisation.

    With batch normalisation and ReLU, this is the block of He et al. 2016,
    https://arxiv.org/abs/1512.03385, figure 5 and section 4.1. The stride is in the 3×3
    convolution instead of the first 1×1, as in PyTorch ("ResNet v1.5") and other common
    baselines.

    Takes `(batch, height, width, channels)`; returns
    `(batch, ceil(height / strides), ceil(width / strides), 4 * filters)`.

    Args:
        filters: Channels of the first two convolutions; the output has four times as
            many.
        strides: Stride of the 3×3 convolution and of the shortcut.
        seed: Integer in `[0, 2**31)` for the initial kernels, drawn He-normal by
            fan-out. Without one, seeds come from Python's `random`.
        activation: Name of the activation, as in `keras.activations`.
        norm: `"batch"`, `"layer"`, `"rms"` or `"none"`, as in `normalization`. The
            convolutions have a bias only with `"none"`.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If `seed` is out of range, or `activation` or `norm` is unknown.
    """

    expansion = 4

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
        wide = filters * self.expansion
        self.conv_1 = self._convolution(filters, 1, "conv_1")
        self.conv_2 = self._convolution(filters, 3, "conv_2", strides)
        self.conv_3 = self._convolution(wide, 1, "conv_3")
        self.norm_1 = self._norm("norm_1")
        self.norm_2 = self._norm("norm_2")
        self.norm_3 = self._norm("norm_3")

    def build_branch(self, input_shape: tuple, output_shape: tuple) -> None:
        """Create the variables of the three convolutions."""
        narrow = (*input_shape[:-1], self.filters)
        strided = (*output_shape[:-1], self.filters)
        self.conv_1.build(input_shape)
        self.norm_1.build(narrow)
        self.conv_2.build(self.pad.compute_output_shape(narrow))
        self.norm_2.build(strided)
        self.conv_3.build(strided)
        self.norm_3.build(output_shape)

    def branch(self, inputs: Any, training: bool) -> Any:
        """Return the output of the branch, without the shortcut."""
        x = self._activated(self.norm_1(self.conv_1(inputs), training=training))
        x = self.conv_2(self.pad(x))
        x = self._activated(self.norm_2(x, training=training))
        return self.norm_3(self.conv_3(x), training=training)
