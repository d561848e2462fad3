"""The other callbacks of the `fit` that runs."""

import sys
from types import FrameType
from typing import Any

import keras


def callbacks_of_fit(callback: keras.callbacks.Callback) -> list:
    """Return all callbacks that `fit` has called this one with, in their order.

    Keras tells no callback of the others. The list that calls them stands on the stack;
    called by somebody else, a callback is alone.
    """
    frame: FrameType | None = sys._getframe()
    while frame:
        caller: Any = frame.f_locals.get("self")
        if isinstance(caller, keras.callbacks.CallbackList) and any(
            called is callback for called in caller.callbacks
        ):
            return list(caller.callbacks)
        frame = frame.f_back
    return [callback]
