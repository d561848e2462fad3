"""Keras 3 parts and presets, trained under JAX, PyTorch or TensorFlow.

Importing `kerasdl` imports no Keras: each public name loads on first use, so the
backend can still be chosen.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kerasdl import initializers, layers, losses, models, optimizers, schedules
    from kerasdl.backend.fused import AccelerationWarning, accelerate

__version__ = "0.1.0"

__all__ = [
    "AccelerationWarning",
    "__version__",
    "accelerate",
    "initializers",
    "layers",
    "losses",
    "models",
    "optimizers",
    "schedules",
]


def __getattr__(name: str) -> Any:
    if name in ("AccelerationWarning", "accelerate"):
        return getattr(importlib.import_module("kerasdl.backend.fused"), name)
    if name in __all__:
        return importlib.import_module(f"kerasdl.{name}")
    raise AttributeError(f"module 'kerasdl' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
