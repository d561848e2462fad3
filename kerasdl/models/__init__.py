"""Architectures by name; each family has a function that returns a Keras model.

Importing it imports no Keras: each name loads on first use. The function of a family is
made of its keys, so `kerasdl.models.mlp` takes what the table `[model]` does.
"""

import importlib
from typing import Any

from kerasdl import registry

_MODULES = {
    "build": "configured",
    "encoder_decoder": "transformer",
    "from_preset": "configured",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        module = importlib.import_module(f"kerasdl.models.{_MODULES[name]}")
        return getattr(module, name)
    if name == "FAMILIES":
        return {family: _function(family) for family in registry.names("families")}
    if (family := name.replace("_", "-")) in registry.names("families"):
        return _function(family)
    raise AttributeError(f"module 'kerasdl.models' has no attribute {name!r}")


def __dir__() -> list[str]:
    functions = [name.replace("-", "_") for name in registry.names("families")]
    return ["FAMILIES", *_MODULES, *functions]


def _function(family: str) -> Any:
    module = importlib.import_module("kerasdl.models.function")
    return module.function(registry.find("families", family))
