"""Batches of our own order, as `model.fit` takes them on every backend."""

from typing import Any

import keras

from kerasdl.data import Batches


class Feed(keras.utils.PyDataset):
    """Feed one epoch after another: `model.fit(feed, callbacks=[feed.follow()], …)`.

    Pass `shuffle=False` as well, or Keras shuffles the batches once more.

    Args:
        batches: The training split.
    """

    def __init__(self, batches: Batches):
        super().__init__()
        self.batches = batches
        self.begin(0)

    def begin(self, epoch: int) -> None:
        """Yield the batches of an epoch (0-based) from now on."""
        self.epoch = self.batches.epoch(epoch)
        self.left_out = 0

    def leave_out(self, batches: int) -> None:
        """Draw only the last of the first batches of this epoch, which stands for all.

        Whoever resumes amid an epoch asks for them, and looks at none but the last.
        """
        self.left_out = batches

    def follow(self) -> keras.callbacks.Callback:
        """Return the callback that tells the feed which epoch begins.

        The feed's own `on_epoch_begin` would not do: Keras also calls it to look at a
        first batch, so the calls cannot be counted.
        """
        return keras.callbacks.LambdaCallback(
            on_epoch_begin=lambda epoch, logs: self.begin(epoch)
        )

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return len(self.batches)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        """Return batch `index` of the current epoch."""
        return self.epoch[max(index, self.left_out - 1)]
