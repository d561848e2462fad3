"""The history that `fit` returns."""

from typing import Any

import keras


def fill_history(
    history: keras.callbacks.History, epochs: list[dict[str, Any]]
) -> None:
    """Give the history that Keras keeps the epochs that it has not seen.

    Args:
        history: Of a `fit` that goes on.
        epochs: The logs of each epoch before.
    """
    history.epoch = list(range(len(epochs)))
    history.history = {
        name: [line[name] for line in epochs if name in line]
        for name in {name: None for line in epochs for name in line}
    }
