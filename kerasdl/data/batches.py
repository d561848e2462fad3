"""Batches by index, identical on every backend for the same seed and epoch."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasdl.data.examples import Examples
from kerasdl.data.mixing import Mixing
from kerasdl.data.order import epoch_order


def steps_per_epoch(examples: int, batch_size: int) -> int:
    """Return the batches per epoch; the last batch may be smaller."""
    return math.ceil(examples / batch_size)


def updates_per_epoch(batches: int, accumulate: int) -> int:
    """Return the optimizer steps per epoch.

    Args:
        batches: Batches per epoch.
        accumulate: Batches per step; the last step may have fewer.
    """
    return math.ceil(batches / accumulate)


@dataclass(frozen=True)
class Batches:
    """Shuffled batches of a training split.

    Args:
        examples: The split, with one-hot targets if `mixing` is set.
        batch_size: Examples per batch; the last batch of an epoch may be smaller.
        seed: The seed of the run.
        mixing: Mixup or CutMix within a batch, or None.
        weights: Weight of each example in the loss, float32 of shape `(examples,)`; None
            if all weigh 1.
    """

    examples: Examples
    batch_size: int
    seed: int
    mixing: Mixing | None = None
    weights: np.ndarray | None = None

    def __len__(self) -> int:
        """Return the number of batches per epoch."""
        return steps_per_epoch(len(self.examples), self.batch_size)

    def epoch(self, number: int) -> "Epoch":
        """Return the batches of an epoch (0-based)."""
        order = epoch_order(len(self.examples), self.seed, number)
        return Epoch(self, number, order)

    def resident(self) -> tuple[Any, ...] | None:
        """Return all examples if every epoch is the same; see `Examples.resident`.

        Their weights are a third array, if they have any.
        """
        if self.mixing is not None or (whole := self.examples.resident()) is None:
            return None
        return whole if self.weights is None else (*whole, self.weights)


@dataclass(frozen=True)
class Epoch:
    """The batches of one epoch: `epoch[index]` is `(x, y)`, or `(x, y, weights)`.

    Args:
        batches: The batches of the split.
        number: Number of the epoch (0-based).
        order: Rows in the order of the epoch, of shape `(examples,)`.
    """

    batches: Batches
    number: int
    order: np.ndarray

    def __len__(self) -> int:
        """Return the number of batches."""
        return len(self.batches)

    def rows(self, index: int) -> np.ndarray:
        """Return the rows of a batch."""
        size = self.batches.batch_size
        return self.order[index * size : (index + 1) * size]

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        """Return a batch."""
        if index >= len(self):
            raise IndexError(f"there are {len(self)} batches")  # ends a loop over them
        batches, rows = self.batches, self.rows(index)
        x, y = batches.examples.take(rows, self.number)
        place = batches.seed, self.number, index
        if batches.weights is None:
            return batches.mixing.mix(x, y, *place) if batches.mixing else (x, y)
        weights = batches.weights[rows]
        if batches.mixing is None:
            return x, y, weights
        return batches.mixing.mix_weighted(x, y, weights, *place)
