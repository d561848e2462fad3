"""Normalisation layers by name."""

from typing import Any

import keras

from kerasdl.layers.batch_normalization import batch_normalization
from kerasdl.layers.rms_normalization import RMSNormalization


def normalization(
    kind: str, name: str, epsilon: float = 1e-5, dtype: Any = None
) -> keras.layers.Layer:
    """Return a normalisation layer over the last axis.

    Args:
        kind: `"batch"` for `batch_normalization`, which ignores `epsilon`; `"layer"`
            for `keras.layers.LayerNormalization` (Ba et al. 2016,
            https://arxiv.org/abs/1607.06450); `"rms"` for `RMSNormalization`; `"none"`
            for the identity.
        name: Name of the layer.
        epsilon: Added to the variance, or to the mean square.
        dtype: As in `keras.layers.Layer`.

    Raises:
        ValueError: If `kind` is unknown.
    """
    settings = {"dtype": dtype, "name": name}
    match kind:
        case "batch":
            return batch_normalization(**settings)
        case "layer":
            return keras.layers.LayerNormalization(epsilon=epsilon, **settings)
        case "rms":
            return RMSNormalization(epsilon=epsilon, **settings)
        case "none":
            return keras.layers.Identity(**settings)
    raise ValueError(f"`norm` (={kind!r}) must be 'batch', 'layer', 'rms' or 'none'")
