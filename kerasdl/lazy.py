"""Packages whose public names load Keras, and load it when they are asked for."""

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any


def loader(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package that imports no Keras by itself.

    The first public name that is used loads all of them, so that Keras knows them when
    it reads a saved model; if Keras is loaded already, the package loads them at once.

    Args:
        package: Its `__name__`.
        homes: Public name to the module of the package that defines it.
    """

    def load() -> None:
        modules = {
            home: importlib.import_module(f"{package}.{home}")
            for home in homes.values()
        }
        # A module may have the name of what is in it, which shall win.
        found = {name: getattr(modules[home], name) for name, home in homes.items()}
        vars(sys.modules[package]).update(found)

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        load()
        return vars(sys.modules[package])[name]

    if "keras" in sys.modules:
        load()
    return get
