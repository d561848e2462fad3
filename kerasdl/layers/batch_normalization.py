"""Batch normalisation with the settings of the published networks."""

from typing import Any

import keras


def batch_normalization(
    name: str, dtype: Any = None, epsilon: float = 1e-5
) -> keras.layers.Layer:
    """Return `keras.layers.BatchNormalization` over the last axis.

    The moving statistics keep 0.9 of their value at each step, and epsilon is 1e-5, as
    in PyTorch. Keras's default of 0.99 lags behind in short runs. The moving variance
    is Keras's, not PyTorch's: it averages the biased variance of each batch, divided by
    its n values instead of n − 1. The fewer the values, the more it is below PyTorch's.

    Args:
        name: Name of the layer.
        dtype: As in `keras.layers.BatchNormalization`.
        epsilon: Added to the variance.
    """
    return keras.layers.BatchNormalization(
        momentum=0.9, epsilon=epsilon, dtype=dtype, name=name
    )
