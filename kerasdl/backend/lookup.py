"""Look up undocumented names of Keras, with one clear error for a missing one."""

import importlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import keras

from kerasdl.errors import BackendError

TESTED = "3.15.1"
"""The version of Keras that the names were taken from."""
missing_names: list[str] = []
"""The modules, classes and functions that this version of Keras lacks."""


class KerasInternalsWarning(UserWarning):
    """A warning of a name that this version of Keras lacks, with the fallback."""


def missing(name: str) -> BackendError:
    """Return the error for a name that this version of Keras lacks."""
    what = f"Keras {keras.__version__} has no {name}, which kerasdl uses"
    return BackendError(what, f"install the tested version, keras=={TESTED}")


def warn(name: str, fallback: str) -> None:
    """Warn of a name that this version of Keras lacks.

    Args:
        name: The name.
        fallback: What happens without it.
    """
    line = f"kerasdl: Keras {keras.__version__} has no {name}: {fallback}"
    warnings.warn(line, KerasInternalsWarning, stacklevel=3)


def find_module(path: str) -> Any:
    """Return a module of Keras, or an empty placeholder."""
    try:
        return importlib.import_module(path)
    except ImportError:
        missing_names.append(path)
        return ModuleType(path)


def find_class(module: str, name: str) -> Any:
    """Return a class of a module of Keras, or a placeholder without instances."""
    if kind := getattr(find_module(module), name, None):
        return kind
    missing_names.append(name)
    return type(name, (), {})


def find_function(
    module: str, name: str, fallback: Callable[..., Any] | None = None
) -> Callable[..., Any]:
    """Return a function of a module of Keras.

    Args:
        module: The path of the module.
        name: The function's name.
        fallback: Returned if the function is missing. By default, a function that
            raises the error of `missing`.
    """
    if function := getattr(find_module(module), name, None):
        return function

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise missing(f"{module}.{name}")

    if not fallback:
        missing_names.append(name)
    return fallback or refuse


def attribute(owner: Any, name: str) -> Any:
    """Return an attribute of a Keras object, or raise the error of `missing`."""
    try:
        return getattr(owner, name)
    except AttributeError as fault:
        kind = owner if isinstance(owner, (type, ModuleType)) else type(owner)
        raise missing(f"{kind.__name__}.{name}") from fault


@dataclass(frozen=True)
class Replaceable:
    """A function of Keras that can be replaced temporarily.

    Args:
        owner: The class or module that holds it.
        name: Its name there.
    """

    owner: Any
    name: str

    def get(self) -> Any:
        """Return the function; raise the error of `missing` if there is none."""
        return attribute(self.owner, self.name)

    def set(self, function: Any) -> None:
        """Replace the function; raise the error of `missing` if there is none."""
        self.get()
        setattr(self.owner, self.name, function)
