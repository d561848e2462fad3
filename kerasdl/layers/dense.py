"""Dense layers initialised as in transformers."""

from typing import Any

import keras

from kerasdl.initializers import TruncatedNormal
from kerasdl.seeds import derive_seed


def dense(
    units: int,
    name: str,
    seed: int | None,
    stddev: float = 0.02,
    activation: Any = None,
    use_bias: bool = True,
    dtype: Any = None,
) -> keras.layers.Layer:
    """Return a `keras.layers.Dense` with a truncated-normal kernel, drawn in NumPy.

    Args:
        units: Number of outputs.
        name: Name of the layer; its own seed is derived from `seed` and this name.
        seed: Seed of the parent layer or model, or None.
        stddev: Standard deviation of the kernel.
        activation: As in `keras.layers.Dense`.
        use_bias: As in `keras.layers.Dense`.
        dtype: As in `keras.layers.Dense`.
    """
    own_seed = None if seed is None else derive_seed(seed, name)
    return keras.layers.Dense(
        units,
        activation=activation,
        use_bias=use_bias,
        kernel_initializer=TruncatedNormal(stddev, own_seed),
        dtype=dtype,
        name=name,
    )
