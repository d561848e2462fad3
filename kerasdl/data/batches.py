"""Batches by number: the same for the same (seed, epoch), on every backend."""

import math
from dataclasses import dataclass

import numpy as np

from kerasdl.data.order import epoch_order


def steps_per_epoch(examples: int, batch_size: int) -> int:
    """Return the number of batches that hold all examples; the last holds the rest."""
    return math.ceil(examples / batch_size)


@dataclass(frozen=True)
class Batches:
    """Shuffled batches of a training split.

    Args:
        x: Inputs of shape `(examples, …)`.
        y: Targets of shape `(examples, …)`.
        batch_size: Examples in a batch; the last batch of an epoch holds the rest.
        seed: The seed of the run.
    """

    x: np.ndarray
    y: np.ndarray
    batch_size: int
    seed: int

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return steps_per_epoch(len(self.x), self.batch_size)

    def order(self, epoch: int) -> np.ndarray:
        """Return the order of the examples in an epoch (0-based)."""
        return epoch_order(len(self.x), self.seed, epoch)

    def rows(self, order: np.ndarray, index: int) -> np.ndarray:
        """Return the rows of batch `index` of an epoch visited in `order`."""
        return order[index * self.batch_size : (index + 1) * self.batch_size]

    def take(self, order: np.ndarray, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Return batch `index` of an epoch visited in `order`."""
        rows = self.rows(order, index)
        return self.x[rows], self.y[rows]
