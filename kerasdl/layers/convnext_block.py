"""The block of ConvNeXt."""

from typing import Any

import keras

from kerasdl.initializers import TruncatedNormal
from kerasdl.layers.dense import dense
from kerasdl.layers.drop_path import DropPath
from kerasdl.layers.layer_scale import LayerScale
from kerasdl.seeds import check_seed, derive_seed


@keras.saving.register_keras_serializable(package="kerasdl")
class ConvNeXtBlock(keras.layers.Layer):
    """A depthwise convolution and a feed-forward network, added to the input.

    Depthwise convolution → layer normalisation → Dense to `expansion` times the
    channels → exact GELU → Dense back → `LayerScale` → `DropPath` → sum. Liu et al.
    2022, https://arxiv.org/abs/2201.03545, section 2.6 and figure 4.

    Takes `(batch, height, width, channels)` and returns the same shape.

    Args:
        kernel_size: Side of the depthwise kernels.
        expansion: Ratio of the inner channels to those of the input.
        layer_scale: Initial value of the weights of `LayerScale`.
        drop_path: Fraction of the examples whose branch is skipped in training, in
            `[0, 1)`.
        epsilon: Added to the variance in normalisation.
        seed: Integer in `[0, 2**31)` for kernels, drawn from a truncated normal
            distribution of deviation 0.02, and for the skipped branches. Without one,
            seeds come from Python's `random`.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If `seed` or `drop_path` is out of range.
    """

    def __init__(
        self,
        kernel_size: int = 7,
        expansion: int = 4,
        layer_scale: float = 1e-6,
        drop_path: float = 0.0,
        epsilon: float = 1e-6,
        seed: int | None = None,
        **kwargs: Any,
    ):
        check_seed(seed)
        super().__init__(**kwargs)
        self.kernel_size = kernel_size
        self.expansion = expansion
        self.layer_scale = layer_scale
        self.drop_path = drop_path
        self.epsilon = epsilon
        self.seed = seed
        policy = self.dtype_policy
        self.drop = DropPath(
            drop_path, self._seed("drop_path"), dtype=policy, name="drop_path"
        )

    def build(self, input_shape: tuple) -> None:
        """Create the layers, most of which depend on the channels of the input."""
        *sides, channels = input_shape
        settings = {"dtype": self.dtype_policy}
        self.depthwise = keras.layers.DepthwiseConv2D(
            self.kernel_size,
            padding="same",
            data_format="channels_last",
            depthwise_initializer=TruncatedNormal(0.02, self._seed("depthwise")),
            name="depthwise",
            **settings,
        )
        self.norm = keras.layers.LayerNormalization(
            epsilon=self.epsilon, name="norm", **settings
        )
        inner = channels * self.expansion
        self.expand = dense(inner, "expand", self.seed, **settings)
        self.project = dense(channels, "project", self.seed, **settings)
        self.scale = LayerScale(self.layer_scale, name="scale", **settings)
        for layer in (self.depthwise, self.norm, self.expand, self.scale, self.drop):
            layer.build(input_shape)
        self.project.build((*sides, inner))
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the block's output."""
        x = self.expand(self.norm(self.depthwise(inputs)))
        x = self.project(keras.ops.gelu(x, approximate=False))
        return inputs + self.drop(self.scale(x), training=training)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return the input shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        arguments = (
            "kernel_size", "expansion", "layer_scale", "drop_path", "epsilon", "seed",
        )  # fmt: skip
        return super().get_config() | {name: getattr(self, name) for name in arguments}

    def _seed(self, name: str) -> int | None:
        return None if self.seed is None else derive_seed(self.seed, name)
