"""How many steps one execution may take."""

import math
from typing import Any

import keras

MOST_STEPS = 32
"""The most that `auto` chooses."""
OPERATIONS = 25e9
"""What one execution should compute at most: about half a second of one CPU."""
BYTES = 1 << 26
"""What the batches of one execution should hold at most, as float32."""


def affordable_steps(model: keras.Model, batch: Any) -> int:
    """Return the steps that together compute about `OPERATIONS`.

    Six operations for each weight, example and position, as for a dense layer at every
    pixel or token: too many for a network that shrinks its images, so its executions
    are short. Nor do the batches take more than `BYTES`.

    Args:
        model: The model, built.
        batch: A batch, or anything of its structure with shapes and dtypes.
    """
    arrays = [array for array in keras.tree.flatten(batch) if array is not None]
    positions = max(_positions(array) for array in arrays)
    operations = 6 * model.count_params() * positions
    size = sum(math.prod(array.shape) * 4 for array in arrays)
    steps = min(OPERATIONS / max(operations, 1), BYTES / size, MOST_STEPS)
    return max(1, int(steps))


def _positions(array: Any) -> int:
    """Examples times pixels or tokens; the last axis of floats holds features."""
    dtype = keras.backend.standardize_dtype(array.dtype)
    features = 0 if "int" in dtype else 1
    examples, *rest = array.shape
    return examples * math.prod(rest[: len(rest) - features])
