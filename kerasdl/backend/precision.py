"""The dtype of operations that need more than half precision."""

from typing import Any

import keras


def at_least_float32(dtype: Any = None) -> str:
    """Return the dtype, or float32 if it has fewer bits.

    Use it for a softmax, an angle, a logit or a learning rate.

    Args:
        dtype: A floating-point dtype; `keras.config.floatx()` by default.
    """
    return keras.backend.result_type(dtype, "float32")
