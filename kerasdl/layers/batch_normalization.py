"""Batch normalisation with the settings of the published networks."""

from typing import Any

import keras


def batch_normalization(name: str, dtype: Any = None) -> keras.layers.Layer:
    """Return `keras.layers.BatchNormalization` over the last axis.

    Epsilon is 1e-5 and the moving statistics keep 0.9 of their value at each step, as
    in PyTorch; Keras's own 0.99 lags behind in short runs. Unlike PyTorch's, the moving
    variance is that of Keras: the biased variance of each batch, which divides by its n
    values and not by n − 1. The fewer the values, the smaller it is beside PyTorch's.

    Args:
        name: Name of the layer.
        dtype: As in `keras.layers.BatchNormalization`.
    """
    return keras.layers.BatchNormalization(
        momentum=0.9, epsilon=1e-5, dtype=dtype, name=name
    )
