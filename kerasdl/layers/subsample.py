"""Strided subsampling of images."""

from typing import Any

import keras


def subsample(images: Any, strides: int) -> Any:
    """Return every `strides`-th pixel, starting with the first.

    A 1×1 convolution of these pixels equals a strided 1×1 convolution of the image.
    oneDNN, which PyTorch uses on CPUs, computes a wrong gradient of the strided one
    with AVX2 and fewer than 8 channels:
    https://github.com/uxlfoundation/oneDNN/issues/6035.

    Takes `(batch, height, width, channels)`; returns
    `(batch, ceil(height / strides), ceil(width / strides), channels)`.

    Args:
        images: The images.
        strides: Distance between two returned pixels, at least 1.
    """
    if strides == 1:
        return images
    # The gradient of a slice is several times slower than that of pooling in
    # TensorFlow, and several times faster in PyTorch.
    if keras.config.backend() == "tensorflow":
        return keras.ops.average_pool(images, 1, strides, data_format="channels_last")
    return images[:, ::strides, ::strides]
