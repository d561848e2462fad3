"""Detection of callbacks that must see every batch."""

from typing import Any

import keras

from kerasdl.backend.keras_internals import is_default

BATCH_HOOKS = (
    "on_batch_begin",
    "on_batch_end",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_batch_begin",
    "on_test_batch_end",
)


def callback_needing_each_batch(callbacks: Any) -> str | None:
    """Return the name of the first callback that must see every batch, or None.

    Such a callback overrides batch hooks and does not set `async_safe`. Keras callbacks
    that save once an epoch have hooks but do not use them.
    """
    if isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks = callbacks.callbacks
    elif isinstance(callbacks, keras.callbacks.Callback):
        callbacks = [callbacks]
    for callback in callbacks or ():
        if _needs_each_batch(callback):
            return type(callback).__name__
    return None


def _needs_each_batch(callback: keras.callbacks.Callback) -> bool:
    if getattr(callback, "async_safe", False):
        return False
    if isinstance(callback, keras.callbacks.ProgbarLogger):
        return False
    if getattr(callback, "save_freq", None) == "epoch":
        return False
    return any(not is_default(getattr(callback, hook)) for hook in BATCH_HOOKS)
