"""Make the next batches while one is used."""

from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np

from kerasdl.data.batches import Batches, Epoch
from kerasdl.data.examples import Examples

BATCHES_AHEAD = 2
"""Batches that are made before they are asked for."""


def made_ahead(epoch: Epoch) -> "Epoch | Ahead":
    """Return the batches of an epoch, made ahead if they take long."""
    return Ahead(epoch) if epoch.batches.examples.takes_long else epoch


def in_order(examples: Examples, size: int) -> "Epoch | Ahead":
    """Return batches of all examples in their order; the last may be smaller."""
    batches = Batches(examples, size, seed=0)
    return made_ahead(Epoch(batches, 0, np.arange(len(examples))))


class Ahead:
    """The batches of an epoch, made by a thread a little before they are asked for.

    Args:
        epoch: The epoch; its batches are read in order, from any of them on.
    """

    def __init__(self, epoch: Epoch):
        self.epoch = epoch
        self._made: dict[int, Future[tuple[Any, ...]]] = {}

    def __len__(self) -> int:
        """Return the number of batches."""
        return len(self.epoch)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        """Return a batch, and begin with those after it."""
        if index >= len(self):
            raise IndexError(f"there are {len(self)} batches")  # ends a loop over them
        end = min(index + 1 + BATCHES_AHEAD, len(self))
        made, self._made = self._made, {}
        for number in range(index, end):
            if number not in made:
                made[number] = _thread().submit(self.epoch.__getitem__, number)
            self._made[number] = made[number]
        for number in made.keys() - self._made.keys():
            made[number].cancel()
        return made[index].result()

    def close(self) -> None:
        """Do not make batches that nobody asked for yet."""
        for batch in self._made.values():
            batch.cancel()
        self._made = {}


@cache
def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "kerasdl-batches")
