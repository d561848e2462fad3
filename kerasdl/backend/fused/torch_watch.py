"""Watch the values that Python code can read: a record keeps those that it read."""

import gc
import os
import types
from collections import deque
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import keras
import numpy as np
import torch

from kerasdl.backend.fused.torch_generators import Held, is_own_generator
from kerasdl.backend.fused.torch_globals import (
    globals_of_function,
    globals_of_module,
)
from kerasdl.backend.fused.torch_libraries import (
    hidden,
    is_built_in,
    is_harmless,
    is_library,
    unsteady,
    unsteady_code,
)
from kerasdl.backend.fused.torch_places import MUTABLE, PLAIN
from kerasdl.backend.fused.torch_snapshot import Snapshot

OF_KERAS = (
    keras.layers.Layer,
    keras.optimizers.Optimizer,
    keras.losses.Loss,
    keras.metrics.Metric,
    keras.regularizers.Regularizer,
    keras.constraints.Constraint,
    keras.initializers.Initializer,
    keras.optimizers.schedules.LearningRateSchedule,
)
"""Objects of Keras whose attributes a step reads."""
INTERNAL = {
    name
    for name, value in vars(keras.layers.Layer(name="bare")).items()
    if isinstance(value, (*MUTABLE, types.FunctionType)) and name != "_buffers"
} | {"_variables", "_trainable_variables_indices", "_compiled_trainable_state"}
"""Where Keras and PyTorch keep account of variables, layers and hooks."""
COMPUTED = "_exclude_from_weight_decay_cache"
"""An attribute that Keras computes from others."""
NOT_IN_A_STEP = {
    *("__init__", "get_config", "from_config", "__annotations__", "_abc_impl"),
    *("__dataclass_fields__", "__dataclass_params__", "__orig_bases__"),
}
"""Attributes of a class that a step does not read."""
CHANGING = (keras.callbacks.Callback, np.vectorize)
"""Objects of libraries whose attributes change, or are a user's functions."""
BARE = {*MUTABLE, tuple, frozenset}
"""Containers without attributes."""
OURS = "kerasdl.backend.fused"
"""What replaces methods of a model, and reads no setting in a step."""
MOST_VALUES = 50_000
"""More could not be compared in passing."""
MOST_BYTES = 1 << 20
"""Arrays or tensors of more bytes could not be compared in passing."""


class Watch:
    """All values within reach of some objects.

    Args:
        roots: Objects, each with what a user calls it.
        ignored: Attributes that do not matter, by the `id` of their owner.
    """

    def __init__(
        self, roots: Iterable[tuple[str, Any]], ignored: dict[int, set[str]]
    ) -> None:
        self.ignored = ignored
        self.snapshot = Snapshot()
        self.arrays: list[tuple[str, np.ndarray, bytes]] = []
        self.tensors: list[tuple[str, torch.Tensor, torch.Tensor, int]] = []
        self.generators: list[Held] = []
        self.unwatchable: str | None = None
        """What within reach cannot be watched, and why."""
        self._reached = deque(roots)
        self._bytes = 0
        self._seen: dict[int, Any] = {}
        self._globals_seen: set[tuple[int, str]] = set()
        while self._reached and self.unwatchable is None:
            path, value = self._reached.popleft()
            if type(value) not in PLAIN and id(value) not in self._seen:
                self._seen[id(value)] = value
                self._visit(path, value)
        if self.snapshot.hold() > MOST_VALUES:
            self.unwatchable = f"a step may read more than {MOST_VALUES} values"

    def changed(self) -> str | None:
        """Return what a user calls a value that is another one by now, or None."""
        for path, array, held in self.arrays:
            if array.tobytes() != held:
                return path
        for path, tensor, _, version in self.tensors:
            if tensor._version != version:
                return path
        return self.snapshot.changed()

    def hold_generators(self) -> None:
        """Take the states that random generators have by now as those to keep."""
        self.generators = [held.anew() for held in self.generators]

    def drawn(self) -> str | None:
        """Return what a user calls a random generator that has moved, or None."""
        moved = (held.path for held in self.generators if held.moved())
        return next(moved, None)

    def restore(self) -> None:
        """Put back all values."""
        self.snapshot.restore()
        for _, array, held in self.arrays:
            if array.tobytes() != held:
                array[...] = np.frombuffer(held, array.dtype).reshape(array.shape)
        for _, tensor, held, version in self.tensors:
            if tensor._version != version:
                tensor.detach().copy_(held)
        for held in self.generators:
            held.restore()

    def _reach(self, *found: tuple[str, Any]) -> None:
        self._reached.extend(found)

    def _visit(self, path: str, value: Any) -> None:
        if isinstance(value, torch.Tensor):
            self._tensor(path, value)
        elif isinstance(value, np.ndarray):
            self._array(path, value)
        elif is_own_generator(value):
            self.generators.append(Held(path, value))
        elif isinstance(value, types.FunctionType):
            self._function(value)
        elif isinstance(value, (types.MethodType, staticmethod, classmethod)):
            self._reach((path, getattr(value, "__self__", None)))
            self._reach((path, value.__func__))
        elif isinstance(value, property):
            self._reach((path, value.fget))
        elif is_built_in(value):
            self._built_in(path, value)
        elif isinstance(value, types.MappingProxyType):
            self._reach(*((path, behind) for behind in gc.get_referents(value)))
        elif isinstance(value, types.ModuleType):
            for place in globals_of_module(path, value):
                self._global(*place)
        elif isinstance(value, partial):
            self._reach((path, value.func), (path, value.args), (path, value.keywords))
        elif isinstance(value, type):
            self._class(value)
        elif isinstance(value, (*MUTABLE, tuple, frozenset)):
            self._container(path, value)
            if type(value) not in BARE and not is_harmless(value):
                self._object(path, value)
        elif isinstance(value, Iterator):
            self.unwatchable = f"{path} is an iterator, whose position cannot be read"
        else:
            self._object(path, value)

    def _array(self, path: str, array: np.ndarray) -> None:
        if self._fits(path, "an array", array.nbytes):
            self.arrays.append((path, array, array.tobytes()))
        if array.dtype.hasobject:
            self._reach(*((path, part) for part in array.flat))

    def _tensor(self, path: str, tensor: torch.Tensor) -> None:
        if tensor.is_inference() or tensor.is_meta:
            return
        if self._fits(path, "a tensor", tensor.numel() * tensor.element_size()):
            held = tensor.detach().clone(), tensor._version
            self.tensors.append((path, tensor, *held))

    def _fits(self, path: str, what: str, size: int) -> bool:
        """Count bytes to keep, or tell that they are too many."""
        self._bytes += size
        if self._bytes > MOST_BYTES:
            self.unwatchable = f"{path} is {what} too large to watch"
        return self._bytes <= MOST_BYTES

    def _built_in(self, path: str, value: Any) -> None:
        if what := unsteady(value):
            self.unwatchable = f"{path} {what}"
        else:  # a method's object
            self._reach((path, getattr(value, "__self__", None)))

    def _container(self, path: str, value: Any) -> None:
        if len(value) > MOST_VALUES:
            self.unwatchable = f"{path} has more than {MOST_VALUES} values"
            return
        parts = value.values() if isinstance(value, dict) else value
        if parts and all(isinstance(part, keras.Variable) for part in parts):
            return  # the slots of an optimizer
        if isinstance(value, MUTABLE):
            self.snapshot.add_container(path, value)
        keyed = value.items() if isinstance(value, dict) else enumerate(value)
        self._reach(*((f"{path}[{key!r}]", part) for key, part in keyed))
        if isinstance(value, dict):
            self._reach(*((path, key) for key in value))

    def _function(self, function: types.FunctionType) -> None:
        code, name = function.__code__, function.__name__
        cells = zip(code.co_freevars, function.__closure__ or (), strict=True)
        if is_library(module := function.__globals__.get("__name__", "")):
            if not module.startswith(OURS):  # it may wrap a function of somebody else
                full = [(n, c) for n, c in cells if hasattr(c, "cell_contents")]
                self._reach(*((name, cell.cell_contents) for name, cell in full))
                self._reach((name, getattr(function, "__wrapped__", None)))
            if function.__globals__ is vars(os):
                self._reach(("os.environ", vars(os.environ)["_data"]))
            return
        for free, cell in cells:
            self._attribute(free, cell, "cell_contents")
        for defaults in ("__defaults__", "__kwdefaults__"):
            if getattr(function, defaults):
                self._attribute(f"{name}.{defaults}", function, defaults)
        if function.__dict__:
            self._namespace(name, function)
        if what := unsteady_code(function):
            self.unwatchable = f"{function.__qualname__} {what}"
        for place in globals_of_function(function):
            self._global(*place)

    def _global(self, path: str, scope: dict[str, Any], name: str) -> None:
        if (id(scope), name) not in self._globals_seen:
            self._globals_seen.add((id(scope), name))
            self.snapshot.add_global(path, scope, name)
            self._reach((path, scope[name]))

    def _attribute(self, path: str, owner: Any, name: str) -> None:
        if hasattr(owner, name):  # a cell or a slot may be empty
            self.snapshot.add_attribute(path, owner, name)
            self._reach((path, getattr(owner, name)))

    def _class(self, owner: type) -> None:
        if is_library(owner.__module__):
            return
        self.snapshot.add_class(owner)
        for name, value in vars(owner).items():
            if name not in NOT_IN_A_STEP:
                self._reach((f"{owner.__name__}.{name}", value))
        self._reach(*((base.__name__, base) for base in owner.__bases__))
        self._reach((type(owner).__name__, type(owner)))

    def _object(self, path: str, value: Any) -> None:
        kind = type(value)
        if isinstance(value, OF_KERAS):
            path = getattr(value, "name", None) or path
        elif isinstance(value, keras.Variable):
            self.snapshot.add_attribute(f"{path}.trainable", value, "_trainable")
            return
        elif isinstance(value, torch.nn.Module):
            self._namespace(path, value)
            self._reach((path, value._modules))
            return
        elif isinstance(value, CHANGING):
            pass
        elif is_harmless(value):
            return
        elif what := hidden(value):
            self.unwatchable = f"{path} is of {what}, whose value cannot be followed"
            return
        self._reach((kind.__name__, kind))
        for base in kind.__mro__:
            slots = vars(base).get("__slots__", ())
            for slot in [slots] if isinstance(slots, str) else slots:
                if slot not in ("__dict__", "__weakref__"):
                    self._attribute(f"{path}.{slot}", value, slot)
        if hasattr(value, "__dict__"):
            self._namespace(path, value)

    def _namespace(self, path: str, owner: Any) -> None:
        ignored, skipped = self.ignored.get(id(owner), set()), set()
        if isinstance(owner, (*OF_KERAS, torch.nn.Module)):
            ignored, skipped = ignored | {COMPUTED}, INTERNAL
            if is_library(type(owner).__module__) and isinstance(owner, OF_KERAS):
                ignored |= {"training"}  # PyTorch keeps it, Keras does not ask
        attributes = vars(owner)
        read = self.snapshot.add_namespace(path, attributes, ignored | skipped, ignored)
        initial = isinstance(owner, keras.initializers.Initializer)
        for name in read:
            # What an initializer starts from may be large, and no step reads it.
            if not (initial and isinstance(attributes[name], np.ndarray)):
                self._reach((f"{path}.{name}", attributes[name]))
