"""The steps that one call of a train or test function takes."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from kerasdl.backend import keras_internals


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


def cut(iterator: Any, steps: int) -> None:
    """Let Keras's iterator hand out executions of so many steps.

    Keras counts the batches one by one, so each epoch ends where it ends with single
    steps. Data of unknown length come in single steps, for nobody knows which is last.

    Args:
        iterator: The iterator, changed in place.
        steps: The steps of each execution but the last.
    """
    if keras_internals.is_enumerated_by_another(iterator):
        return

    def enumerate_executions() -> Iterator[tuple[int, int, Execution]]:
        iterator.steps_per_execution = 1
        numbered = keras_internals.enumerated(iterator)
        for begin, _, batches in numbered:
            more = min(steps, _left(iterator, begin)) - 1
            taken = 1 + sum(1 for _ in islice(numbered, more))
            iterator.steps_per_execution = taken
            yield begin, begin + taken - 1, Execution(batches, begin, taken)
            iterator.steps_per_execution = 1

    keras_internals.enumerate_by(iterator, enumerate_executions)


def _left(iterator: Any, begin: int) -> int:
    """Return the steps left in the epoch and in the data, `begin` among them."""
    num_batches, seen = keras_internals.batch_counts(iterator)
    if not num_batches:
        return 1
    in_epoch = (iterator.steps_per_epoch or num_batches) - begin
    return min(in_epoch, num_batches - seen + 1)
