"""Mid-epoch resume: begin an epoch after some of its batches."""

from collections.abc import Callable, Iterator
from typing import Any

from kerasdl.backend.feed import Feed
from kerasdl.backend.keras_internals import ENUMERATE_ITERATOR
from kerasdl.errors import ConfigError, DataError


def begin_after(batches: int, on_arrival: Callable[[Any], None]) -> None:
    """Make the next epoch of `fit` begin after a number of batches.

    Keras numbers the batches and calls the callbacks from there on. The skipped batches
    are still drawn, except row numbers of a whole epoch and the batches of a `Feed`.

    Args:
        batches: The number of batches to skip.
        on_arrival: Called before the first step, with the last skipped batch or None.

    Raises:
        DataError: From `fit`, if the data have fewer batches.
        ConfigError: From `fit`, if `batches` is not a multiple of
            `steps_per_execution`.
    """
    enumerate_all = ENUMERATE_ITERATOR.get()

    def enumerate_rest(self: Any) -> Iterator[tuple[int, int, Any]]:
        ENUMERATE_ITERATOR.set(enumerate_all)
        feed = getattr(self.data_adapter, "py_dataset", None)
        if isinstance(feed, Feed):
            feed.skip(batches)
        whole_epochs = getattr(self.data_adapter, "whole_epochs", False)
        if batches % (steps := self.steps_per_execution):
            what = f"training stopped after batch {batches}, not a multiple of {steps}"
            raise ConfigError(what, "use the same steps_per_execution as before")
        numbered, batch = enumerate_all(self), None
        for _ in range(0, batches, steps):
            try:
                *_, source = next(numbered)
                if not whole_epochs:
                    for _ in range(steps):
                        batch = next(source)
            except StopIteration:
                what = f"the data end before batch {batches}, where training stopped"
                raise DataError(what, "use the data it was trained on") from None
        on_arrival(batch)
        yield from numbered

    ENUMERATE_ITERATOR.set(enumerate_rest)
