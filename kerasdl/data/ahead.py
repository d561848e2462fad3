"""Make the next batches while one is trained on."""

from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any

from kerasdl.data.batches import Epoch

BATCHES_AHEAD = 2
"""Batches that are made before they are asked for."""


class Ahead:
    """The batches of an epoch, made by a thread a little before they are asked for.

    Args:
        epoch: The epoch; its batches are read in order, from any of them on.
    """

    def __init__(self, epoch: Epoch):
        self.epoch = epoch
        self._made: dict[int, Future[tuple[Any, ...]]] = {}

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        """Return a batch, and begin with those after it."""
        end = min(index + 1 + BATCHES_AHEAD, len(self.epoch.batches))
        made, self._made = self._made, {}
        for number in range(index, end):
            if number not in made:
                made[number] = _thread().submit(self.epoch.__getitem__, number)
            self._made[number] = made[number]
        return made[index].result()


@cache
def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "kerasdl-batches")
