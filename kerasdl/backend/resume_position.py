"""Begin the next epoch after some of its batches."""

from collections.abc import Callable, Iterator
from typing import Any

from kerasdl.backend.feed import Feed
from kerasdl.backend.keras_internals import ENUMERATION
from kerasdl.errors import ConfigError, DataError


def begin_after(batches: int, on_arrival: Callable[[Any], None]) -> None:
    """Let the next epoch of `fit` begin after so many batches.

    Keras numbers the batches, and calls the callbacks, from there on. The batches before
    are drawn, but for those that are only row numbers of a whole epoch, and those of a
    `Feed`.

    Args:
        batches: How many to leave out.
        on_arrival: Called before the first step, with the last batch that was left
            out, or None.

    Raises:
        DataError: From `fit`, if there are not so many.
        ConfigError: From `fit`, if an execution takes steps of both sides.
    """
    enumerate_all = ENUMERATION.get()

    def enumerate_rest(self: Any) -> Iterator[tuple[int, int, Any]]:
        ENUMERATION.set(enumerate_all)
        feed = getattr(self.data_adapter, "py_dataset", None)
        if isinstance(feed, Feed):
            feed.leave_out(batches)
        whole_epochs = getattr(self.data_adapter, "whole_epochs", False)
        if batches % (steps := self.steps_per_execution):
            what = f"training stopped after batch {batches}, no multiple of {steps}"
            raise ConfigError(what, "give the same steps_per_execution as before")
        numbered, batch = enumerate_all(self), None
        for _ in range(0, batches, steps):
            try:
                *_, source = next(numbered)
                if not whole_epochs:
                    for _ in range(steps):
                        batch = next(source)
            except StopIteration:
                what = f"the data end before batch {batches}, where training stopped"
                raise DataError(what, "bring back the data it was trained on") from None
        on_arrival(batch)
        yield from numbered

    ENUMERATION.set(enumerate_rest)
