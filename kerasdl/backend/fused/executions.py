"""Executions: the steps that one call of a train or test function runs."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from kerasdl.backend import keras_internals


class Execution(Iterator):
    """An iterator over the next batches of an epoch.

    Args:
        batches: The iterator that Keras takes batches from, of any length.
        begin: The index of the first batch in the epoch.
        steps: The number of batches.
    """

    def __init__(self, batches: Iterator, begin: int, steps: int):
        self.batches = batches
        self.begin = begin
        self.steps = steps
        self._next_batches = islice(batches, steps)

    def __next__(self) -> Any:
        """Return the next batch."""
        return next(self._next_batches)


def group_steps(iterator: Any, steps: int) -> None:
    """Make Keras's iterator yield executions of several steps.

    Keras still counts single batches, so each epoch ends where it ends with single
    steps. Data of unknown length run in single steps, because the last one is unknown.

    Args:
        iterator: The iterator, changed in place.
        steps: The steps of each execution but the last.
    """
    if keras_internals.has_custom_enumeration(iterator):
        return

    def enumerate_executions() -> Iterator[tuple[int, int, Execution]]:
        iterator.steps_per_execution = 1
        numbered = keras_internals.enumerated(iterator)
        for begin, _, batches in numbered:
            more = min(steps, _steps_left(iterator, begin)) - 1
            taken = 1 + sum(1 for _ in islice(numbered, more))
            iterator.steps_per_execution = taken
            yield begin, begin + taken - 1, Execution(batches, begin, taken)
            iterator.steps_per_execution = 1

    keras_internals.enumerate_by(iterator, enumerate_executions)


def _steps_left(iterator: Any, begin: int) -> int:
    """Return the steps left in the epoch and in the data, including `begin`."""
    num_batches, seen = keras_internals.batch_counts(iterator)
    if not num_batches:
        return 1
    in_epoch = (iterator.steps_per_epoch or num_batches) - begin
    return min(in_epoch, num_batches - seen + 1)
