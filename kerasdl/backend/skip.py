"""Begin the next epoch in its middle."""

from collections.abc import Callable, Iterator
from typing import Any

from keras.src.trainers.epoch_iterator import EpochIterator


def skip(batches: int, arrive: Callable[[Any], None]) -> None:
    """Let the next epoch of `fit` begin after so many batches.

    Keras numbers the batches, and calls the callbacks, from there on. The batches before
    are drawn, but for those that are only row numbers of a whole epoch.

    Args:
        batches: How many to leave out.
        arrive: Called at the place, before the first step, with the last batch that
            was left out, or None.
    """
    enumerate_all = EpochIterator._enumerate_iterator

    def enumerate_rest(self: EpochIterator) -> Iterator[tuple[int, int, Any]]:
        EpochIterator._enumerate_iterator = enumerate_all
        whole_epochs = getattr(self.data_adapter, "whole_epochs", False)
        numbered, batch = enumerate_all(self), None
        for _ in range(0, batches, self.steps_per_execution):
            begin_end_source = next(numbered, None)
            if begin_end_source is None:
                break
            if not whole_epochs:
                source = begin_end_source[2]
                for _ in range(self.steps_per_execution):
                    batch = next(source)
        arrive(batch)
        yield from numbered

    EpochIterator._enumerate_iterator = enumerate_rest
