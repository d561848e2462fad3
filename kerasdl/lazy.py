"""Lazy imports for packages whose public names need Keras."""

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any


def loader(package: str, exports: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a `__getattr__` that imports a package's public names on first use.

    The first use of a name imports all of them, so that Keras knows them when it reads
    a saved model. If Keras is already imported, they are imported at once.

    Args:
        package: The package's `__name__`.
        exports: Public names, each with the submodule that defines it.
    """

    def load() -> None:
        modules = {
            module: importlib.import_module(f"{package}.{module}")
            for module in exports.values()
        }
        # A submodule may have the same name as its export, which must win.
        values = {
            name: getattr(modules[module], name) for name, module in exports.items()
        }
        vars(sys.modules[package]).update(values)

    def get(name: str) -> Any:
        if name not in exports:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        load()
        return vars(sys.modules[package])[name]

    if "keras" in sys.modules:
        load()
    return get
