"""Keras 3 layers, models and presets that train on JAX, PyTorch or TensorFlow.

Importing `kerasdl` imports no Keras. Each public name loads on first use, so the
backend can still be chosen.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kerasdl import (
        checkpoint,
        initializers,
        layers,
        losses,
        models,
        optimizers,
        schedules,
        testing,
    )
    from kerasdl.backend.fused import AccelerationWarning, accelerate
    from kerasdl.jobs.check import check
    from kerasdl.jobs.cost import cost
    from kerasdl.jobs.curvature import curvature
    from kerasdl.jobs.diagnose import diagnose
    from kerasdl.jobs.lr_find import lr_find
    from kerasdl.new_run import import_weights, train
    from kerasdl.run import Run, load

__version__ = "0.1.0"

__all__ = [
    "AccelerationWarning",
    "Run",
    "__version__",
    "accelerate",
    "check",
    "checkpoint",
    "cost",
    "curvature",
    "diagnose",
    "import_weights",
    "initializers",
    "layers",
    "load",
    "losses",
    "lr_find",
    "models",
    "optimizers",
    "schedules",
    "testing",
    "train",
]

_MODULES = {
    "AccelerationWarning": "backend.fused",
    "accelerate": "backend.fused",
    "cost": "jobs.cost",
    "curvature": "jobs.curvature",
    "diagnose": "jobs.diagnose",
    "Run": "run",
    "load": "run",
    "check": "jobs.check",
    "lr_find": "jobs.lr_find",
    "import_weights": "new_run",
    "train": "new_run",
}
"""The module that defines each public name that is not a module itself."""


def __getattr__(name: str) -> Any:
    if module := _MODULES.get(name):
        return getattr(importlib.import_module(f"kerasdl.{module}"), name)
    if name in __all__:
        return importlib.import_module(f"kerasdl.{name}")
    raise AttributeError(f"module 'kerasdl' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
