"""The only place that imports TensorFlow, PyTorch or JAX."""

import importlib
import os
from typing import cast

from kerasdl.backend.protocol import Backend
from kerasdl.backend.select import BACKENDS, Selection, choose, installed, select

__all__ = [
    "BACKENDS",
    "Backend",
    "Selection",
    "choose",
    "current",
    "installed",
    "select",
]


def current() -> Backend:
    """Return the selected backend; `select` must have been called."""
    name = os.environ["KERAS_BACKEND"]
    return cast(Backend, importlib.import_module(f"kerasdl.backend.{name}"))
