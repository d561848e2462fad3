"""Take some pixels of an image."""

from typing import Any

import keras


def subsample(images: Any, strides: int) -> Any:
    """Return every `strides`-th pixel, beginning with the first.

    A 1×1 convolution of these pixels is the strided 1×1 convolution of all of them.
    oneDNN, which PyTorch uses on processors, takes a wrong gradient of the latter with
    AVX2 and fewer than 8 channels, https://github.com/uxlfoundation/oneDNN/issues/6035.

    Takes `(batch, height, width, channels)`; returns
    `(batch, ceil(height / strides), ceil(width / strides), channels)`.

    Args:
        images: The images.
        strides: Distance between two pixels that are taken, at least 1.
    """
    if strides == 1:
        return images
    # TensorFlow's gradient of a slice takes several times as long as that of a pooling,
    # and PyTorch's of a pooling as that of a slice.
    if keras.config.backend() == "tensorflow":
        return keras.ops.average_pool(images, 1, strides, data_format="channels_last")
    return images[:, ::strides, ::strides]
