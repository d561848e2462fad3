"""Model families by name, each with a function that returns a Keras model.

Importing this package does not import Keras: each name loads on first use. A family's
function takes its config keys as arguments: `kerasdl.models.mlp` takes what the table
`[model]` takes.
"""

import importlib
from typing import Any

from kerasdl import registry

_MODULES = {
    "build": "configured",
    "from_preset": "configured",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        module = importlib.import_module(f"kerasdl.models.{_MODULES[name]}")
        return getattr(module, name)
    if name == "FAMILIES":
        return {family: _function(family) for family in registry.names("families")}
    if name in (families := _identifiers()):
        return _function(families[name])
    raise AttributeError(f"module 'kerasdl.models' has no attribute {name!r}")


def __dir__() -> list[str]:
    return ["FAMILIES", *_MODULES, *_identifiers()]


def _identifiers() -> dict[str, str]:
    """Return the names of families by their names as Python identifiers.

    If two names differ only in `-` and `_`, the one with `_` is returned.
    """
    names = sorted(registry.names("families"))  # "-" sorts before "_"
    return {name.replace("-", "_"): name for name in names}


def _function(family: str) -> Any:
    module = importlib.import_module("kerasdl.models.function")
    return module.function(registry.find("families", family))
