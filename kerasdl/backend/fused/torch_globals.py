"""The globals of modules that a function may read, as far as its code tells."""

import os
import sys
import types
from collections.abc import Iterator
from typing import Any

from kerasdl.backend.fused.torch_libraries import is_library, names_in, used_whole

Global = tuple[str, dict[str, Any], str]
"""What a user calls it, the namespace of its module, and its name there."""


def globals_of_function(function: types.FunctionType) -> Iterator[Global]:
    """Yield the globals that a function may read, without those of libraries."""
    code, scope = function.__code__, function.__globals__
    names, whole = set(names_in(code)), set(used_whole(code))
    yield from _named(scope, names, whole)
    package = scope.get("__package__") or ""
    for name in sorted(names - scope.keys()):  # it may import them itself
        for path in (name, f"{package}.{name}"):
            if path in sys.modules:
                yield from _of_module(path, sys.modules[path], names, whole)


def globals_of_module(path: str, module: types.ModuleType) -> Iterator[Global]:
    """Yield all globals of a module, unless it is a library's."""
    yield from _of_module(path, module, set(), {path.rpartition(".")[2]})


def _named(
    scope: dict[str, Any], names: set[str], whole: set[str], *around: dict, at: str = ""
) -> Iterator[Global]:
    """Yield some globals of a module, and of the modules among them."""
    for name in sorted(names & scope.keys()):
        value, path = scope[name], at + name
        if isinstance(value, types.ModuleType):
            yield from _of_module(path, value, names, whole, scope, *around)
        else:
            yield path, scope, name


def _of_module(
    path: str, module: types.ModuleType, names: set[str], whole: set[str], *around: dict
) -> Iterator[Global]:
    if module is os:
        yield "os.environ", vars(os.environ), "_data"
    elif not is_library(module.__name__):
        scope = vars(module)
        if path.rpartition(".")[2] in whole or "__dict__" in names:
            names = {name for name in scope if not name.startswith("__")}
        if not any(scope is one for one in around):
            yield from _named(scope, names, whole, *around, at=f"{path}.")
