"""Checkpoints: the whole state of a run, saved and restored.

`save` and `load` are for custom training loops; `kerasdl.callbacks.Checkpoint` is for
`model.fit`.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kerasdl.checkpoint.own_loop import load, save

__all__ = ["load", "save"]


def __getattr__(name: str) -> Any:
    if name in __all__:  # they import Keras
        return getattr(importlib.import_module("kerasdl.checkpoint.own_loop"), name)
    raise AttributeError(f"module 'kerasdl.checkpoint' has no attribute {name!r}")
