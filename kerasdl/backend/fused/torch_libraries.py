"""Tell library code from user code, and values that never change from others."""

import datetime
import dis
import enum
import logging
import numbers
import os
import random
import re
import sys
import threading
import time
import types
import typing
import uuid
from collections import OrderedDict, defaultdict, deque
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path, PurePath
from typing import Any

import numpy as np

CORE_PACKAGES = {"keras", "kerasdl", "torch", "numpy"}
"""Packages that are already imported, so no user module can have their name."""
KNOWN_PACKAGES = {
    *("scipy", "sklearn", "pandas", "PIL", "jax", "tensorflow", "matplotlib"),
    *("rich", "click", "pytest", "_pytest"),
}
"""Packages whose code reads no global that changes during training."""
STDLIB = Path(os.__file__).parent
HARMLESS = (
    *(numbers.Number, str, bytes, range, slice, enum.Enum, re.Pattern, PurePath),
    *(datetime.date, datetime.time, datetime.timedelta, datetime.tzinfo, uuid.UUID),
    *(types.CodeType, types.GenericAlias, types.UnionType, types.EllipsisType),
    *(types.NotImplementedType, types.BuiltinFunctionType, types.MethodWrapperType),
    *(types.GetSetDescriptorType, types.MemberDescriptorType),
    *(types.WrapperDescriptorType, types.MethodDescriptorType),
    *(types.ClassMethodDescriptorType, np.generic, np.dtype, np.ufunc),
    *(typing.TypeVar, logging.Logger, super, types.ModuleType, type(None)),
    *(type(threading.Lock()), type(threading.RLock())),
)
"""Types of library objects whose values do not change."""
WATCHABLE_TYPES = (
    *(object, dict, list, set, deque, tuple, frozenset, OrderedDict, defaultdict),
    *(int, float, complex, str, bytes, BaseException, type(lru_cache(len))),
    *(threading.local, *threading.local.__mro__[1:], types.SimpleNamespace),
)
"""C types whose values are contents or attributes, or do not change."""
IMMUTABLE_TYPE = 1 << 8
"""The flag of types written in C."""
SYSTEM_FUNCTIONS = {
    time: (
        *("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter"),
        *("perf_counter_ns", "process_time", "process_time_ns", "thread_time"),
        *("thread_time_ns", "localtime", "gmtime", "ctime"),
    ),
    os: ("urandom", "getrandom", "times", "getloadavg", "stat", "listdir", "scandir"),
    random: ("_urandom",),
}
"""Functions that return another value at each call, by module."""
SYSTEM_READS = [
    (module, name, "reads the clock" if module is time else "reads from the system")
    for module, names in SYSTEM_FUNCTIONS.items()
    for name in names
    if hasattr(module, name)
]
CLOCK_METHODS = {"now", "utcnow", "today"}
"""Date methods that read the clock."""
NAME_LOOKUPS = (globals, vars, locals, eval, exec)
"""Functions that read variables whose names the code does not show."""
IMPORT_FUNCTIONS = {"import_module", "__import__"}
"""Functions that return modules whose names the code does not show."""


def is_library(module: str) -> bool:
    """Return whether a module belongs to a library, whose globals do not change."""
    root = module.partition(".")[0]
    return (
        root in CORE_PACKAGES
        or is_standard(module)
        or _is_installed(root, _file(module))
    )


def is_standard(module: str) -> bool:
    """Return whether a module belongs to Python's standard library."""
    return _is_standard(module.partition(".")[0], _file(module))


def opaque_type(value: Any) -> str | None:
    """Return the type of an object with a value that no attribute shows, or None."""
    kind = type(value)
    harmless = (BaseException, *HARMLESS)
    for base in kind.__mro__:
        is_c_type = base.__flags__ & IMMUTABLE_TYPE and base not in WATCHABLE_TYPES
        if is_c_type and not _is_core(base) and not issubclass(base, harmless):
            return kind.__name__
    slotted = any("__slots__" in vars(base) for base in kind.__mro__)
    has_no_attributes = (
        not slotted and not hasattr(value, "__dict__") and kind not in WATCHABLE_TYPES
    )
    return kind.__name__ if has_no_attributes and is_library(kind.__module__) else None


def is_built_in(value: Any) -> bool:
    """Return whether a value is a function or method written in C or Cython."""
    kinds = types.BuiltinFunctionType, types.MethodWrapperType
    return isinstance(value, kinds) or "cython_function" in type(value).__name__


def is_harmless(value: Any) -> bool:
    """Return whether an object belongs to a library and has no value that changes."""
    kind = type(value)
    return (
        isinstance(value, HARMLESS) or _is_core(kind) or kind.__module__ == "typing"
    ) and is_library(kind.__module__)


def unrecordable_call(function: Any) -> str | None:
    """Return what a built-in does that a record does not repeat, or None."""
    for module, name, action in SYSTEM_READS:
        if function is getattr(module, name):
            return action
    if any(function is one for one in NAME_LOOKUPS):
        return "reads variables by name"
    owner = getattr(function, "__self__", None)
    is_date_method = isinstance(owner, type) and issubclass(owner, datetime.date)
    return (
        "reads the clock"
        if is_date_method and function.__name__ in CLOCK_METHODS
        else None
    )


def unrecordable_code(function: types.FunctionType) -> str | None:
    """Return what a function's code does that a record does not repeat, or None."""
    code, scope = function.__code__, function.__globals__
    names = set(names_in(code))
    if names & CLOCK_METHODS:
        cells = [c for c in function.__closure__ or () if hasattr(c, "cell_contents")]
        read = [scope.get(name, sys.modules.get(name)) for name in names]
        read += [cell.cell_contents for cell in cells]
        if any(value is datetime or _is_date(value) for value in read):
            return "reads the clock"
    if names & IMPORT_FUNCTIONS or ("modules" in names and scope.get("sys") is sys):
        return "looks modules up by name"
    builtin_names = {f.__name__ for f in NAME_LOOKUPS if scope.get(f.__name__, f) is f}
    if names & builtin_names and not builtin_names.isdisjoint(_globals_in(code)):
        return "reads variables by name"
    return None


def names_in(code: types.CodeType) -> Iterator[str]:
    """Yield the names that a function and its inner functions look up."""
    for part in _parts(code):
        yield from part.co_names


def used_whole(code: types.CodeType) -> Iterator[str]:
    """Yield the names that a function uses without looking up an attribute."""
    for part in _parts(code):
        steps = list(dis.get_instructions(part))
        for step, following in pairwise(steps):
            loads = step.opname.startswith("LOAD_") and isinstance(step.argval, str)
            if loads and following.opname not in ("LOAD_ATTR", "LOAD_METHOD"):
                yield step.argval


def _globals_in(code: types.CodeType) -> Iterator[str]:
    """Yield the names that a function looks up as globals."""
    for part in _parts(code):
        for step in dis.get_instructions(part):
            if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                yield step.argval


def _parts(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _parts(constant)


def _is_date(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, datetime.date)


def _is_core(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in CORE_PACKAGES


def _file(module: str) -> str | None:
    loaded = sys.modules.get(module) or sys.modules.get(module.partition(".")[0])
    return getattr(loaded, "__file__", None)


@cache
def _is_standard(root: str, file: str | None) -> bool:
    if root not in sys.stdlib_module_names:
        return False
    inside = file is None or Path(file).is_relative_to(STDLIB)
    return inside and not _is_in_site(file)


@cache
def _is_installed(root: str, file: str | None) -> bool:
    return root in KNOWN_PACKAGES and (file is None or _is_in_site(file))


def _is_in_site(file: str | None) -> bool:
    return not {"site-packages", "dist-packages"}.isdisjoint(Path(file or "").parts)
