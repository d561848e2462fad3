"""The steps that one call of a train or test function takes."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from keras.src.trainers.epoch_iterator import EpochIterator


class Execution(Iterator):
    """The next batches of an epoch.

    Args:
        batches: What Keras's iterator takes them from, of any length.
        begin: The number of the first one in the epoch.
        steps: How many.
    """

    def __init__(self, batches: Iterator, begin: int, steps: int):
        self.batches = batches
        self.begin = begin
        self.steps = steps
        self._these = islice(batches, steps)

    def __next__(self) -> Any:
        """Return the next batch."""
        return next(self._these)


def cut(iterator: EpochIterator, steps: int) -> None:
    """Let Keras's iterator hand out executions of so many steps.

    Keras counts the batches one by one, so each epoch ends where it ends with single
    steps. Data of unknown length come in single steps, for nobody knows which is last.

    Args:
        iterator: The iterator, changed in place.
        steps: The steps of each execution but the last.
    """
    if "_enumerate_iterator" in vars(iterator):
        return

    def enumerate_executions() -> Iterator[tuple[int, int, Execution]]:
        iterator.steps_per_execution = 1
        numbered = type(iterator)._enumerate_iterator(iterator)
        for begin, _, batches in numbered:
            more = min(steps, _left(iterator, begin)) - 1
            taken = 1 + sum(1 for _ in islice(numbered, more))
            iterator.steps_per_execution = taken
            yield begin, begin + taken - 1, Execution(batches, begin, taken)
            iterator.steps_per_execution = 1

    iterator._enumerate_iterator = enumerate_executions


def _left(iterator: EpochIterator, begin: int) -> int:
    """Return the steps left in the epoch and in the data, `begin` among them."""
    num_batches = iterator._num_batches
    if not num_batches:
        return 1
    in_epoch = (iterator.steps_per_epoch or num_batches) - begin
    return min(in_epoch, num_batches - iterator._steps_seen + 1)
