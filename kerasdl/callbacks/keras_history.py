"""The `History` that `fit` returns."""

from typing import Any

import keras


def fill_history(
    history: keras.callbacks.History, epochs: list[dict[str, Any]]
) -> None:
    """Fill in the epochs that ran before training was resumed.

    Args:
        history: The history of the resumed `fit`.
        epochs: The logs of each earlier epoch.
    """
    history.epoch = list(range(len(epochs)))
    history.history = {
        name: [line[name] for line in epochs if name in line]
        for name in {name: None for line in epochs for name in line}
    }
