"""Batches by number: the same for the same (seed, epoch), on every backend."""

import math
from dataclasses import dataclass

import numpy as np

from kerasdl.data.mixing import Mixing
from kerasdl.data.order import epoch_order


def steps_per_epoch(examples: int, batch_size: int) -> int:
    """Return the number of batches that hold all examples; the last holds the rest."""
    return math.ceil(examples / batch_size)


def updates_per_epoch(batches: int, accumulate: int) -> int:
    """Return the optimizer steps of an epoch.

    Args:
        batches: Batches of the epoch.
        accumulate: Batches of each step; the last step takes the rest.
    """
    return math.ceil(batches / accumulate)


@dataclass(frozen=True)
class Batches:
    """Shuffled batches of a training split.

    Args:
        x: Inputs of shape `(examples, …)`.
        y: Targets of shape `(examples, …)`; one-hot if examples are mixed.
        batch_size: Examples in a batch; the last batch of an epoch holds the rest.
        seed: The seed of the run.
        mixing: How the examples of a batch are mixed, if at all.
    """

    x: np.ndarray
    y: np.ndarray
    batch_size: int
    seed: int
    mixing: Mixing | None = None

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return steps_per_epoch(len(self.x), self.batch_size)

    def epoch(self, number: int) -> "Epoch":
        """Return the batches of an epoch (0-based)."""
        return Epoch(self, number, epoch_order(len(self.x), self.seed, number))


@dataclass(frozen=True)
class Epoch:
    """The batches of one epoch: `epoch[index]` is `(x, y)`.

    Args:
        batches: What it takes them from.
        number: Which epoch it is (0-based).
        order: The rows in the order they are visited, of shape `(examples,)`.
    """

    batches: Batches
    number: int
    order: np.ndarray

    def rows(self, index: int) -> np.ndarray:
        """Return the rows of a batch."""
        size = self.batches.batch_size
        return self.order[index * size : (index + 1) * size]

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Return a batch."""
        batches, rows = self.batches, self.rows(index)
        x, y = batches.x[rows], batches.y[rows]
        if batches.mixing is None:
            return x, y
        return batches.mixing.mix(x, y, batches.seed, self.number, index)
