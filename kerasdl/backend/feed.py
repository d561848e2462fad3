"""Keras datasets that feed batches to `fit` in the order of kerasdl."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

from kerasdl.data import Batches, Examples
from kerasdl.data.ahead import Ahead, in_order, made_ahead
from kerasdl.errors import KerasDLError


@contextmanager
def own_faults(*feeds: Any) -> Iterator[None]:
    """Raise the error of a feed instead of what a backend makes of it.

    TensorFlow reads a feed in a graph, and raises an error of its own.

    Args:
        feeds: What `fit` reads; other than feeds is passed over.
    """
    try:
        yield
    except Exception as raised:
        for feed in feeds:
            fault = getattr(feed, "fault", None)
            if fault and fault is not raised:
                raise fault from raised
        raise


class _Read(keras.utils.PyDataset):
    """Batches from a source; the last error in reading one is kept."""

    source: Any = None
    fault: KerasDLError | None = None

    def read(self, index: int) -> tuple[Any, ...]:
        """Return a batch of the source."""
        try:
            return self.source[index]
        except KerasDLError as fault:
            self.fault = fault
            raise


class Feed(_Read):
    """Training batches for `model.fit`, one epoch after another.

    Use it as `model.fit(feed, shuffle=False, callbacks=[feed.follow()])`. Without
    `shuffle=False`, Keras shuffles the batches again.

    Args:
        batches: The training split.
    """

    def __init__(self, batches: Batches):
        super().__init__()
        self.batches = batches
        self.begin(0)

    def begin(self, epoch: int) -> None:
        """Start an epoch (0-based): `feed[index]` is one of its batches from now on."""
        if isinstance(self.source, Ahead):
            self.source.close()
        self.epoch = self.batches.epoch(epoch)
        self.source = made_ahead(self.epoch)
        self.skipped = 0

    def skip(self, batches: int) -> None:
        """Skip the first batches of this epoch: each of them is the last one.

        A mid-epoch resume requests all of them and uses only the last, so only that one
        is loaded.

        Args:
            batches: The number of batches to skip.
        """
        self.skipped = batches
        if batches:
            self.last_skipped = self.epoch[batches - 1]

    def follow(self) -> keras.callbacks.Callback:
        """Return the callback that tells the feed which epoch begins.

        `PyDataset.on_epoch_begin` cannot do so: Keras also calls it to read a first
        batch, so its calls do not count the epochs.
        """
        return keras.callbacks.LambdaCallback(
            on_epoch_begin=lambda epoch, logs: self.begin(epoch)
        )

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return len(self.batches)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        """Return batch `index` of the current epoch."""
        return self.last_skipped if index < self.skipped else self.read(index)


class HeldOutFeed(_Read):
    """Examples in their order, to evaluate on those that do not fit in memory.

    Args:
        examples: The examples.
        batch_size: Examples per batch.
    """

    def __init__(self, examples: Examples, batch_size: int):
        super().__init__()
        self.source = in_order(examples, batch_size)

    def __len__(self) -> int:
        """Return the number of batches."""
        return len(self.source)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        """Return a batch."""
        return self.read(index)
