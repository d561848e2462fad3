"""The number of steps that one execution may take."""

import math
from typing import Any

import keras

MOST_STEPS = 32
"""The largest number of steps that `auto` chooses."""
OPERATIONS = 25e9
"""The most operations of one execution: about half a second on one CPU."""
BYTES = 1 << 26
"""The most bytes of the batches of one execution, as float32."""


def affordable_steps(model: keras.Model, batch: Any) -> int:
    """Return the number of steps that together compute about `OPERATIONS`.

    The estimate is six operations per weight, example and position, as for a dense
    layer at every pixel or token. It is too high for a network that shrinks its images,
    whose executions are short. The batches also stay within `BYTES`.

    Args:
        model: The model, built.
        batch: A batch, or the same structure of objects with shapes and dtypes.
    """
    arrays = [array for array in keras.tree.flatten(batch) if array is not None]
    positions = max(_positions(array) for array in arrays)
    operations = 6 * model.count_params() * positions
    size = sum(math.prod(array.shape) * 4 for array in arrays)
    steps = min(OPERATIONS / max(operations, 1), BYTES / size, MOST_STEPS)
    return max(1, int(steps))


def _positions(array: Any) -> int:
    """Return examples times pixels or tokens; floats have features on the last axis."""
    dtype = keras.backend.standardize_dtype(array.dtype)
    features = 0 if "int" in dtype else 1
    examples, *rest = array.shape
    return examples * math.prod(rest[: len(rest) - features])
