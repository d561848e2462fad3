"""Dense layers as transformers have them."""

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
    """Return `keras.layers.Dense` whose kernel is drawn truncated-normal in NumPy.

    Args:
        units: Outputs.
        name: Name of the layer; it also tells its seed from those of its siblings.
        seed: Seed of the layer it is part of, or None.
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
