"""Arrays as inputs of a network. Needs NumPy alone."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

BATCH = 64


def inputs(arguments: Sequence[str], meaning: dict[str, Any]) -> Iterator[np.ndarray]:
    """Yield batches of arrays, float32 of shape `(examples, …)`.

    Args:
        arguments: Paths of `.npy` files, each of shape `(examples, …)`.
        meaning: Content of `preprocessing.json`.

    Raises:
        ValueError: If examples have another shape than those of the training.
    """
    told = meaning["preprocessing"]
    shape = tuple(told["input_shape"])
    mean, scale = np.array(told["mean"]), np.array(told["scale"])
    if meaning["scales"]:  # the network does it
        mean, scale = np.array(0.0), np.array(1.0)
    for path in arguments:
        x = np.load(path, allow_pickle=False)
        if x.shape[1:] != shape:
            raise ValueError(f"{path} has examples of {x.shape[1:]}, not of {shape}")
        if not np.isfinite(x).all():
            raise ValueError(f"{path} has a value that is not a finite number")
        for start in range(0, len(x), BATCH):
            yield ((x[start : start + BATCH] - mean) / scale).astype("float32")
