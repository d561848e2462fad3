"""What the `fit` that runs knows, and tells no callback."""

import hashlib
import sys
from collections import deque
from collections.abc import Iterator
from types import FrameType
from typing import Any

import keras

from kerasdl.backend import keras_internals
from kerasdl.backend.feed import Feed

ANOTHER = (
    "the data come in another order than before: it must be a function of the epoch, or "
    "of generators of Python, NumPy or Keras"
)
UNSEEN = (
    "whether the data come in the order of before cannot be seen under TensorFlow; let "
    "it be a function of the epoch"
)


def callbacks_of_fit(callback: keras.callbacks.Callback) -> list:
    """Return all callbacks that `fit` has called this one with, in their order.

    The list that calls them stands on the stack; called by something else, a callback is
    alone.
    """
    for frame in _frames():
        caller: Any = frame.f_locals.get("self")
        if isinstance(caller, keras.callbacks.CallbackList) and any(
            called is callback for called in caller.callbacks
        ):
            return list(caller.callbacks)
    return [callback]


class LastBatches:
    """The batches that the `fit` which runs has taken last.

    TensorFlow takes batches where Python does not see them.
    """

    def __init__(self) -> None:
        self.batches: deque[tuple[int, Any]] = deque()
        self.taken = self.before = 0
        self.iterator = next(_epoch_iterators(), None)
        self.seen = keras.config.backend() != "tensorflow"
        if self.iterator and self.seen:
            # PyTorch's loop takes those of an execution before it says so.
            ahead = self.iterator.steps_per_execution
            self.batches = deque(maxlen=1 + ahead)
            self.seen = keras_internals.watch_batches(self.iterator, self._watch)

    def _watch(self, batches: Iterator) -> Iterator:
        for batch in batches:
            self.batches.append((self.taken, batch))
            self.taken += 1
            yield batch

    def begin_epoch(self) -> None:
        """Count the batches of another epoch, maybe of the same iterator."""
        self.before = self.taken

    def forget(self) -> None:
        """Let go of all data."""
        self.batches.clear()
        self.iterator = None

    @property
    def is_in_doubt(self) -> bool:
        """Whether the order may be another next time, and cannot be compared."""
        adapter: Any = getattr(self.iterator, "data_adapter", None)
        known = getattr(adapter, "whole_epochs", False)
        in_order = keras_internals.keeps_order(adapter)
        feeds = isinstance(getattr(adapter, "py_dataset", None), Feed)
        return not (self.seen or known or in_order or feeds)

    def digest(self, number: int) -> str | None:
        """Return the SHA-256 of a batch (0-based) of the epoch, or None if unseen."""
        place = self.before + number
        found = (batch for seen, batch in self.batches if seen == place)
        return next(map(digest, found), None)


def digest(batch: Any) -> str:
    """Return the SHA-256 of all that a batch holds."""
    found = hashlib.sha256()
    for part in keras.tree.flatten(batch):
        if part is not None:
            array = keras.ops.convert_to_numpy(part)
            found.update(f"{array.shape} {array.dtype}".encode() + array.tobytes())
    return found.hexdigest()


def _frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe()
    while frame:
        yield frame
        frame = frame.f_back


def _epoch_iterators() -> Iterator[Any]:
    for frame in _frames():
        found = frame.f_locals.get("epoch_iterator")
        if isinstance(found, keras_internals.EpochIterator):
            yield found
