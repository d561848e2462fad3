"""Look up what Keras does not document; a missing name gives one clear error."""

import importlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import keras

from kerasdl.errors import BackendError

TESTED = "3.15.1"
"""The version of Keras that the names were read in."""
lost: list[str] = []
"""The modules, classes and functions of Keras that were not found."""


class KerasInternalsWarning(UserWarning):
    """Says what this version of Keras lacks, and what is done without it."""


def missing(name: str) -> BackendError:
    """Return the error for a name that this version of Keras lacks."""
    what = f"Keras {keras.__version__} has no {name}, which kerasdl uses"
    return BackendError(what, f"install the version it was made for, keras=={TESTED}")


def warn(name: str, instead: str) -> None:
    """Warn of a name that this version of Keras lacks.

    Args:
        name: The name.
        instead: What happens without it.
    """
    line = f"kerasdl: Keras {keras.__version__} has no {name}: {instead}"
    warnings.warn(line, KerasInternalsWarning, stacklevel=3)


def find_module(path: str) -> Any:
    """Return a module of Keras, or an empty one that stands for it."""
    try:
        return importlib.import_module(path)
    except ImportError:
        lost.append(path)
        return ModuleType(path)


def find_class(module: str, name: str) -> Any:
    """Return a class of a module of Keras, or an empty one without instances."""
    if found := getattr(find_module(module), name, None):
        return found
    lost.append(name)
    return type(name, (), {})


def find_function(
    module: str, name: str, instead: Callable[..., Any] | None = None
) -> Callable[..., Any]:
    """Return a function of a module of Keras.

    Args:
        module: The path of the module.
        name: The function's name.
        instead: What stands for it; without it, a function that raises `missing`.
    """
    if found := getattr(find_module(module), name, None):
        return found

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise missing(f"{module}.{name}")

    if not instead:
        lost.append(name)
    return instead or refuse


def attribute(of: Any, name: str) -> Any:
    """Return an attribute of an object of Keras, or raise `missing`."""
    try:
        return getattr(of, name)
    except AttributeError as fault:
        kind = of if isinstance(of, (type, ModuleType)) else type(of)
        raise missing(f"{kind.__name__}.{name}") from fault


@dataclass(frozen=True)
class Replaceable:
    """A function of Keras that another function may replace for a while.

    Args:
        owner: The class or module that has it.
        name: Its name there.
    """

    owner: Any
    name: str

    def get(self) -> Any:
        """Return the function; raise `missing` if there is none."""
        return attribute(self.owner, self.name)

    def set(self, function: Any) -> None:
        """Replace the function; raise `missing` if there is none."""
        self.get()
        setattr(self.owner, self.name, function)
