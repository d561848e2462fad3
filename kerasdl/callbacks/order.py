"""The order in which callbacks are called."""

from collections.abc import Iterable

import keras

DEFAULT_ORDER = 30
"""The position of callbacks without `order`, such as progress bars."""


def in_order(
    callbacks: Iterable[keras.callbacks.Callback],
) -> list[keras.callbacks.Callback]:
    """Return callbacks sorted by the `order` of their class.

    Averaged weights are swapped in before anything measures them. Metrics are written
    before a callback acts on them. A checkpoint comes last, since it saves the state of
    all others.
    """
    return sorted(
        callbacks, key=lambda callback: getattr(callback, "order", DEFAULT_ORDER)
    )
