"""Patch embeddings of images."""

from typing import Any

import keras
from keras import ops

from kerasdl.initializers import TruncatedNormal
from kerasdl.seeds import check_seed, derive_seed


@keras.saving.register_keras_serializable(package="kerasdl")
class PatchEmbedding(keras.layers.Layer):
    """Cut an image into square patches and project each to a vector.

    Dosovitskiy et al. 2021, https://arxiv.org/abs/2010.11929, equation 1.

    Takes `(batch, height, width, channels)`; returns `(batch, patches, units)`, with
    the patches row by row.

    Args:
        patch_size: Side of a patch in pixels; it must divide height and width.
        units: Length of a vector.
        seed: Integer in `[0, 2**31)` for the kernel, truncated-normal with a standard
            deviation of 0.02. Without one, it comes from Python's `random`.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If `seed` is out of range, or `patch_size` does not divide the
            image.
    """

    def __init__(
        self, patch_size: int, units: int, seed: int | None = None, **kwargs: Any
    ):
        check_seed(seed)
        super().__init__(**kwargs)
        self.patch_size = patch_size
        self.units = units
        self.seed = seed
        own_seed = None if seed is None else derive_seed(seed, "projection")
        self.projection = keras.layers.Conv2D(
            units,
            patch_size,
            strides=patch_size,
            data_format="channels_last",
            kernel_initializer=TruncatedNormal(0.02, own_seed),
            dtype=self.dtype_policy,
            name="projection",
        )

    def build(self, input_shape: tuple) -> None:
        """Create the kernel."""
        if any(
            side is not None and side % self.patch_size for side in input_shape[1:3]
        ):
            sides = f"{input_shape[1]} × {input_shape[2]}"
            rule = f"must divide the image ({sides} pixels)"
            raise ValueError(f"`patch_size` (={self.patch_size}) {rule}")
        self.projection.build(input_shape)
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return the vectors of the patches."""
        patches = self.projection(inputs)
        return ops.reshape(patches, (ops.shape(inputs)[0], -1, self.units))

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return `(batch, patches, units)`."""
        batch, height, width, _ = input_shape
        if height is None or width is None:
            return (batch, None, self.units)
        size = self.patch_size
        return (batch, (height // size) * (width // size), self.units)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        arguments = {
            "patch_size": self.patch_size,
            "units": self.units,
            "seed": self.seed,
        }
        return super().get_config() | arguments
