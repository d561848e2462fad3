"""The first examples of data of any kind that `fit` takes, beyond the first batch."""

import time
from collections.abc import Iterable
from itertools import count
from typing import Any

import keras
import numpy as np

from kerasdl.jobs.first_batch import as_numpy

MOST_EXAMPLES = 10_000
MOST_SECONDS = 5.0
MOST_COLUMNS = 200
"""Inputs of more numbers, such as images, are not kept."""


def first_examples(data: Any) -> tuple[np.ndarray | None, np.ndarray] | None:
    """Return inputs and targets of at most so many examples, read in so many seconds.

    Arrays are returned whole.

    Args:
        data: As for `first_batch`.

    Returns:
        Inputs of shape `(examples, features)` or None, and targets. None instead of both
        if there are several targets or none, or if the data can be read only once.
    """
    if isinstance(data, tuple):
        arrays = as_numpy(data)
        return (arrays[0], arrays[1]) if len(arrays) > 1 else None
    inputs, targets, examples = [], [], 0
    end = time.monotonic() + MOST_SECONDS
    for batch in _batches(data):
        x, y, _ = keras.utils.unpack_x_y_sample_weight(as_numpy(batch))
        if not isinstance(y, np.ndarray) or not y.ndim:
            return None
        inputs.append(x if _is_table(x) else None)
        targets.append(y)
        examples += len(y)
        if examples >= MOST_EXAMPLES or time.monotonic() > end:
            break
    if len({each.shape[1:] for each in targets}) != 1:
        return None
    tables = [each for each in inputs if each is not None]
    alike = len(tables) == len(inputs) and len({t.shape[1] for t in tables}) == 1
    return np.concatenate(tables) if alike else None, np.concatenate(targets)


def _batches(data: Any) -> Iterable[Any]:
    if isinstance(data, keras.utils.PyDataset):
        number = data.num_batches
        return (data[n] for n in (count() if number is None else range(number)))
    batches = iter(data)
    return () if batches is data else batches  # what is read would be missing in `fit`


def _is_table(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.ndim == 2 and x.shape[1] <= MOST_COLUMNS
