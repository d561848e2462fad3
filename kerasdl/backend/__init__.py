"""The only package that imports TensorFlow, PyTorch or JAX."""

import importlib
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
    """Return the backend that Keras runs on."""
    name = importlib.import_module("keras").config.backend()
    return cast(Backend, importlib.import_module(f"kerasdl.backend.{name}"))
