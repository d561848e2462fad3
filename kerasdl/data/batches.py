"""Batches by number: the same for the same (seed, epoch), on every backend."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasdl.data.examples import Examples
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
        examples: The split; with one-hot targets if they are mixed.
        batch_size: Examples in a batch; the last batch of an epoch holds the rest.
        seed: The seed of the run.
        mixing: How the examples of a batch are mixed, if at all.
    """

    examples: Examples
    batch_size: int
    seed: int
    mixing: Mixing | None = None

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return steps_per_epoch(len(self.examples), self.batch_size)

    def epoch(self, number: int) -> "Epoch":
        """Return the batches of an epoch (0-based)."""
        order = epoch_order(len(self.examples), self.seed, number)
        return Epoch(self, number, order)

    def resident(self) -> tuple[Any, np.ndarray] | None:
        """Return all examples if every epoch takes them as they are; see `Examples`."""
        return self.examples.resident() if self.mixing is None else None


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

    def __getitem__(self, index: int) -> tuple[Any, np.ndarray]:
        """Return a batch."""
        batches = self.batches
        x, y = batches.examples.take(self.rows(index), self.number)
        if batches.mixing is None:
            return x, y
        return batches.mixing.mix(x, y, batches.seed, self.number, index)
