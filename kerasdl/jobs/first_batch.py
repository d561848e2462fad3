"""The first batch of data of any kind that `fit` takes."""

from typing import Any

import keras
import numpy as np

Batch = tuple[Any, ...]


def first_batch(data: Any, batch_size: int) -> Batch | None:
    """Return a batch `(x,)`, `(x, y)` or `(x, y, weights)` of NumPy arrays, or None.

    Args:
        data: Arrays `(x, y)` or `(x, y, weights)`, a `PyDataset`, or an iterable of
            batches, such as a `tf.data.Dataset` or a PyTorch `DataLoader`.
        batch_size: Rows of arrays, which are taken at equal distances.
    """
    if isinstance(data, tuple):
        parts = as_numpy(data)
        count = rows(parts)
        chosen = np.linspace(0, count - 1, min(count, batch_size)).astype(int)
        batch = keras.tree.map_structure(
            lambda part: None if part is None else part[chosen], parts
        )
    elif isinstance(data, keras.utils.PyDataset):
        batch = as_numpy(data[0]) if data.num_batches != 0 else None
    else:
        batch = as_numpy(next(iter(data), None))
    if batch is None or not rows(batch):
        return None
    parts = keras.utils.unpack_x_y_sample_weight(batch)
    while parts[-1] is None:
        parts = parts[:-1]
    return parts


def as_numpy(data: Any) -> Any:
    """Return the same structure of NumPy arrays; None stays."""
    return keras.tree.map_structure(_array, data)


def rows(batch: Any) -> int:
    """Return the examples of a batch, or of arrays."""
    leaves = [leaf for leaf in keras.tree.flatten(batch) if leaf is not None]
    return len(leaves[0]) if leaves and leaves[0].ndim else 0


def _array(leaf: Any) -> np.ndarray | None:
    if leaf is None:
        return None
    to_host = getattr(leaf, "cpu", None)  # of tensors that may be on a device
    return np.asarray(to_host() if to_host else leaf)


def named(structure: Any, name: str) -> dict[str, np.ndarray]:
    """Return the arrays of inputs or targets by name."""
    leaves = keras.tree.flatten_with_path(structure)
    names = ["/".join([name, *map(str, path)]) for path, _ in leaves]
    return {
        name: leaf
        for name, (_, leaf) in zip(names, leaves, strict=True)
        if leaf is not None
    }
