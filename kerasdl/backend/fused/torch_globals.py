"""The module globals that a function may read, according to its code."""

import os
import sys
import types
from collections.abc import Iterator
from typing import Any

from kerasdl.backend.fused.torch_libraries import is_library, names_in, used_whole

Global = tuple[str, dict[str, Any], str]
"""Its name in user code, the namespace of its module, and its name there."""


def globals_of_function(function: types.FunctionType) -> Iterator[Global]:
    """Yield the globals that a function may read, except those of libraries."""
    code, scope = function.__code__, function.__globals__
    names, whole = set(names_in(code)), set(used_whole(code))
    yield from _named(scope, names, whole)
    package = scope.get("__package__") or ""
    for name in sorted(names - scope.keys()):  # the function may import them
        for path in (name, f"{package}.{name}"):
            if path in sys.modules:
                yield from _of_module(path, sys.modules[path], names, whole)


def globals_of_module(path: str, module: types.ModuleType) -> Iterator[Global]:
    """Yield all globals of a module, unless it belongs to a library."""
    yield from _of_module(path, module, set(), {path.rpartition(".")[2]})


def _named(
    scope: dict[str, Any],
    names: set[str],
    whole: set[str],
    *enclosing: dict,
    at: str = "",
) -> Iterator[Global]:
    """Yield the named globals of a module, and of the modules among them."""
    for name in sorted(names & scope.keys()):
        value, path = scope[name], at + name
        if isinstance(value, types.ModuleType):
            yield from _of_module(path, value, names, whole, scope, *enclosing)
        else:
            yield path, scope, name


def _of_module(
    path: str,
    module: types.ModuleType,
    names: set[str],
    whole: set[str],
    *enclosing: dict,
) -> Iterator[Global]:
    if module is os:
        yield "os.environ", vars(os.environ), "_data"
    elif not is_library(module.__name__):
        scope = vars(module)
        if path.rpartition(".")[2] in whole or "__dict__" in names:
            names = {name for name in scope if not name.startswith("__")}
        if not any(scope is outer for outer in enclosing):
            yield from _named(scope, names, whole, *enclosing, at=f"{path}.")
