"""The first examples of data of any kind that `fit` takes, beyond the first batch."""

import time
from collections.abc import Iterable
from itertools import count
from typing import Any

import keras
import numpy as np

from kerasdl.jobs.array_findings import MOST_COLUMNS
from kerasdl.jobs.first_batch import as_numpy

MOST_EXAMPLES = 10_000
MOST_SECONDS = 5.0


def first_examples(data: Any) -> tuple[np.ndarray | None, np.ndarray] | None:
    """Return the inputs and targets of the first examples.

    Arrays are returned whole. Of loaders, reading ends after `MOST_EXAMPLES` examples or
    `MOST_SECONDS` seconds. Inputs and targets of more than `MOST_COLUMNS` numbers, such
    as images, are not kept.

    Args:
        data: As for `first_batch`.

    Returns:
        Inputs of shape `(examples, features)` or None, and targets. None instead of both
        if there are several targets or none, if they are large, or if the data can be
        read only once.

    Raises:
        ValueError: If a batch has another number of targets than of inputs, no targets,
            or numbers that are not finite.
    """
    if isinstance(data, tuple):
        arrays = as_numpy(data)
        return (arrays[0], arrays[1]) if len(arrays) > 1 else None
    inputs, targets, examples = [], [], 0
    end = time.monotonic() + MOST_SECONDS
    for batch in _batches(data):
        x, y, _ = keras.utils.unpack_x_y_sample_weight(as_numpy(batch))
        if targets and y is None:
            raise ValueError("it has no targets")
        if not isinstance(y, np.ndarray) or not y.ndim or y[:1].size > MOST_COLUMNS:
            return None
        for name, part in (("inputs", x), ("targets", y)):
            if _is_float(part) and not np.isfinite(part).all():
                raise ValueError(f"it has {name} that are not finite")
        if isinstance(x, np.ndarray) and len(x) != len(y):
            raise ValueError(f"it has {len(x)} inputs and {len(y)} targets")
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


def _is_float(part: Any) -> bool:
    return isinstance(part, np.ndarray) and part.dtype.kind == "f"


def _is_table(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.ndim == 2 and x.shape[1] <= MOST_COLUMNS
