"""The order in which callbacks are called."""

from collections.abc import Iterable

import keras

OTHERS = 30
"""The place of callbacks that do not say theirs, as those that show progress."""


def in_order(
    callbacks: Iterable[keras.callbacks.Callback],
) -> list[keras.callbacks.Callback]:
    """Return callbacks by the place that their class says in `order`.

    The averages of the weights are there before anything measures them, metrics are
    written before anything acts on them, and a checkpoint comes last, since it keeps
    what all the others know.
    """
    return sorted(callbacks, key=lambda callback: getattr(callback, "order", OTHERS))
