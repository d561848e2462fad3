"""The block of MobileNetV2, MobileNetV3 and EfficientNet."""

from typing import Any

import keras
from keras import ops

from kerasdl.initializers import HeNormal
from kerasdl.layers.batch_normalization import batch_normalization
from kerasdl.layers.convolution import convolution
from kerasdl.layers.drop_path import DropPath
from kerasdl.seeds import check_seed, derive_seed

EPSILON = 1e-3


@keras.saving.register_keras_serializable(package="kerasdl")
class InvertedResidualBlock(keras.layers.Layer):
    """A convolution of each channel between two that widen and narrow the channels.

    1×1 convolution to `expansion` times the channels → depthwise convolution → squeeze
    and excitation → 1×1 convolution to `filters` → sum with the input, if it has the
    same shape. Each convolution is followed by batch normalisation, and each but the
    last by an activation. Sandler et al. 2018, https://arxiv.org/abs/1801.04381, figure
    4d; the weights of the channels are those of Hu et al. 2018,
    https://arxiv.org/abs/1709.01507, section 3, as in Tan & Le 2019,
    https://arxiv.org/abs/1905.11946, table 1.

    Takes `(batch, height, width, channels)`; returns
    `(batch, ceil(height / strides), ceil(width / strides), filters)`.

    Padding is TensorFlow's unless it is `"symmetric"`: where an odd number of pixels is
    missing, the last one is at the bottom and right.

    Args:
        filters: Output channels.
        expansion: Ratio of the inner channels to those of the input, whose product is
            rounded; with 1, the first convolution is left out.
        kernel_size: Side of the depthwise kernels.
        strides: Stride of the depthwise convolution.
        squeezed: Channels between squeeze and excitation; 0 leaves both out.
        drop_path: Fraction of the examples whose branch is skipped in training, in
            `[0, 1)`.
        seed: Integer in `[0, 2**31)` for kernels, drawn He-normal by fan-out, and for the
            skipped branches. Without one, seeds come from Python's `random`.
        activation: Name of the activation, as in `keras.activations`.
        squeeze_activation: The one between squeeze and excitation; None is `activation`.
        gate: Name of the activation of the weights of the channels.
        padding: `"same"`, as TensorFlow's networks have it, or `"symmetric"`, as
            PyTorch's.
        epsilon: Added to the variance in normalisation.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If `seed` or `drop_path` is out of range, if an activation or the
            padding is unknown, or if symmetric padding is that of an even kernel.
    """

    def __init__(
        self,
        filters: int,
        expansion: float = 6,
        kernel_size: int = 3,
        strides: int = 1,
        squeezed: int = 0,
        drop_path: float = 0.0,
        seed: int | None = None,
        activation: str = "relu6",
        squeeze_activation: str | None = None,
        gate: str = "sigmoid",
        padding: str = "same",
        epsilon: float = EPSILON,
        **kwargs: Any,
    ):
        check_seed(seed)
        for name in (activation, squeeze_activation, gate):
            keras.activations.get(name)
        if padding not in ("same", "symmetric"):
            raise ValueError(f"`padding` (={padding!r}) must be 'same' or 'symmetric'")
        if padding == "symmetric" and kernel_size % 2 == 0:
            raise ValueError(f"`kernel_size` (={kernel_size}) must be odd")
        super().__init__(**kwargs)
        self.filters = filters
        self.expansion = expansion
        self.kernel_size = kernel_size
        self.strides = strides
        self.squeezed = squeezed
        self.drop_path = drop_path
        self.seed = seed
        self.activation = activation
        self.squeeze_activation = squeeze_activation
        self.gate = gate
        self.padding = padding
        self.epsilon = epsilon
        self.expand = self.expand_norm = self.reduce = self.excite = self.drop = None

    def build(self, input_shape: tuple) -> None:
        """Create the layers, some of which depend on the channels of the input."""
        *_, channels = input_shape
        inner = self.inner_channels(channels)
        wide = (*input_shape[:-1], inner)
        if self.expansion != 1:
            self.expand = self._convolution(inner, "expand")
            self.expand.build(input_shape)
            self.expand_norm = self._norm("expand_norm")
            self.expand_norm.build(wide)
        self.depthwise = keras.layers.DepthwiseConv2D(
            self.kernel_size,
            self.strides,
            "valid" if self._pads else "same",
            data_format="channels_last",
            use_bias=False,
            depthwise_initializer=HeNormal("fan_out", self._seed("depthwise")),
            dtype=self.dtype_policy,
            name="depthwise",
        )
        more = self.kernel_size // 2 * 2 if self._pads else 0
        sides = (side if side is None else side + more for side in wide[1:-1])
        self.depthwise.build((wide[0], *sides, inner))
        batch, height, width, _ = self.compute_output_shape(input_shape)
        self.depthwise_norm = self._norm("depthwise_norm")
        self.depthwise_norm.build((batch, height, width, inner))
        if self.squeezed:
            self.reduce = self._convolution(self.squeezed, "reduce", use_bias=True)
            self.reduce.build((batch, 1, 1, inner))
            self.excite = self._convolution(inner, "excite", use_bias=True)
            self.excite.build((batch, 1, 1, self.squeezed))
        self.project = self._convolution(self.filters, "project")
        self.project.build((batch, height, width, inner))
        self.project_norm = self._norm("project_norm")
        self.project_norm.build((batch, height, width, self.filters))
        self.has_shortcut = self.strides == 1 and channels == self.filters
        if self.has_shortcut and self.drop_path:
            seed = self._seed("drop_path")
            self.drop = DropPath(
                self.drop_path, seed, dtype=self.dtype_policy, name="drop_path"
            )
            self.drop.build((batch, height, width, self.filters))
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the block's output."""
        x = inputs
        if self.expand is not None and self.expand_norm is not None:
            x = self._activated(self.expand_norm(self.expand(x), training=training))
        if self._pads:
            sides = [self.kernel_size // 2] * 2
            x = ops.pad(x, [[0, 0], sides, sides, [0, 0]])
        x = self.depthwise_norm(self.depthwise(x), training=training)
        x = self._activated(x)
        if self.reduce is not None and self.excite is not None:
            means = ops.mean(x, axis=(1, 2), keepdims=True)
            between = keras.activations.get(self.squeeze_activation or self.activation)
            weights = self.excite(between(self.reduce(means)))
            x = x * keras.activations.get(self.gate)(weights)
        x = self.project_norm(self.project(x), training=training)
        if not self.has_shortcut:
            return x
        if self.drop is not None:
            x = self.drop(x, training=training)
        return x + inputs

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return `(batch, ceil(height / strides), ceil(width / strides), filters)`."""
        batch, *sides, _ = input_shape
        strided = (None if side is None else -(-side // self.strides) for side in sides)
        return (batch, *strided, self.filters)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        arguments = (
            "filters", "expansion", "kernel_size", "strides", "squeezed", "drop_path",
            "seed", "activation", "squeeze_activation", "gate", "padding", "epsilon",
        )  # fmt: skip
        return super().get_config() | {name: getattr(self, name) for name in arguments}

    def inner_channels(self, channels: int) -> int:
        """Return the channels of the depthwise convolution, by those of the input."""
        return round(channels * self.expansion)

    @property
    def _pads(self) -> bool:
        """Whether the input is padded before the depthwise convolution."""
        return self.padding == "symmetric" and self.strides > 1

    def _seed(self, name: str) -> int | None:
        return None if self.seed is None else derive_seed(self.seed, name)

    def _convolution(
        self, filters: int, name: str, use_bias: bool = False
    ) -> keras.layers.Layer:
        settings = {"use_bias": use_bias, "dtype": self.dtype_policy}
        return convolution(filters, 1, name, self.seed, **settings)

    def _norm(self, name: str) -> keras.layers.Layer:
        return batch_normalization(name, self.dtype_policy, self.epsilon)

    def _activated(self, x: Any) -> Any:
        return keras.activations.get(self.activation)(x)
