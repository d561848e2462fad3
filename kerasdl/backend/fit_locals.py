"""State of a running `fit` that Keras does not pass to callbacks."""

import hashlib
import sys
from collections import deque
from collections.abc import Iterator
from types import FrameType
from typing import Any

import keras

from kerasdl.backend import keras_internals
from kerasdl.backend.feed import Feed

ORDER_CHANGED = (
    "the order of the data has changed: it must depend only on the epoch, or on "
    "generators of Python, NumPy or Keras"
)
ORDER_UNKNOWN = (
    "the order of the data cannot be checked under TensorFlow: it must depend only on "
    "the epoch"
)


def callbacks_of_fit(callback: keras.callbacks.Callback) -> list:
    """Return all callbacks of the running `fit`, in their order.

    The `CallbackList` that called this callback is on the stack. If something else
    called it, only this callback is returned.
    """
    for frame in _frames():
        caller: Any = frame.f_locals.get("self")
        if isinstance(caller, keras.callbacks.CallbackList) and any(
            called is callback for called in caller.callbacks
        ):
            return list(caller.callbacks)
    return [callback]


class LastBatches:
    """The last batches that the running `fit` has taken.

    Under TensorFlow, Python does not see the batches.
    """

    def __init__(self) -> None:
        self.batches: deque[tuple[int, Any]] = deque()
        self.taken = self.epoch_start = 0
        self.iterator = next(_epoch_iterators(), None)
        self.seen = keras.config.backend() != "tensorflow"
        if self.iterator and self.seen:
            # PyTorch's loop takes all batches of an execution before its first hook.
            ahead = self.iterator.steps_per_execution
            self.batches = deque(maxlen=1 + ahead)
            self.seen = keras_internals.watch_batches(self.iterator, self._watch)

    def _watch(self, batches: Iterator) -> Iterator:
        for batch in batches:
            self.batches.append((self.taken, batch))
            self.taken += 1
            yield batch

    def begin_epoch(self) -> None:
        """Count the batches of a new epoch, perhaps from the same iterator."""
        self.epoch_start = self.taken

    def forget(self) -> None:
        """Release all data."""
        self.batches.clear()
        self.iterator = None

    @property
    def order_is_unknown(self) -> bool:
        """Whether the order may differ after a resume and cannot be compared."""
        adapter: Any = getattr(self.iterator, "data_adapter", None)
        whole_epochs = getattr(adapter, "whole_epochs", False)
        in_order = keras_internals.keeps_order(adapter)
        is_feed = isinstance(getattr(adapter, "py_dataset", None), Feed)
        return not (self.seen or whole_epochs or in_order or is_feed)

    def digest(self, number: int) -> str | None:
        """Return the SHA-256 of a batch (0-based) of the epoch, or None if not seen."""
        wanted = self.epoch_start + number
        matches = (batch for index, batch in self.batches if index == wanted)
        return next(map(digest, matches), None)


def digest(batch: Any) -> str:
    """Return the SHA-256 of all arrays in a batch."""
    sha256 = hashlib.sha256()
    for part in keras.tree.flatten(batch):
        if part is not None:
            array = keras.ops.convert_to_numpy(part)
            sha256.update(f"{array.shape} {array.dtype}".encode() + array.tobytes())
    return sha256.hexdigest()


def _frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe()
    while frame:
        yield frame
        frame = frame.f_back


def _epoch_iterators() -> Iterator[Any]:
    for frame in _frames():
        iterator = frame.f_locals.get("epoch_iterator")
        if isinstance(iterator, keras_internals.EpochIterator):
            yield iterator
