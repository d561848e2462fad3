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

from kerasdl.backend.fused.torch_generators import HeldGenerator, is_private_generator
from kerasdl.backend.fused.torch_globals import (
    globals_of_function,
    globals_of_module,
)
from kerasdl.backend.fused.torch_libraries import (
    is_built_in,
    is_harmless,
    is_library,
    opaque_type,
    unrecordable_call,
    unrecordable_code,
)
from kerasdl.backend.fused.torch_places import MUTABLE, PLAIN
from kerasdl.backend.fused.torch_snapshot import Snapshot

KERAS_TYPES = (
    keras.layers.Layer,
    keras.optimizers.Optimizer,
    keras.losses.Loss,
    keras.metrics.Metric,
    keras.regularizers.Regularizer,
    keras.constraints.Constraint,
    keras.initializers.Initializer,
    keras.optimizers.schedules.LearningRateSchedule,
)
"""Types of Keras objects whose attributes a step reads."""
INTERNAL_ATTRIBUTES = {
    name
    for name, value in vars(keras.layers.Layer(name="bare")).items()
    if isinstance(value, (*MUTABLE, types.FunctionType)) and name != "_buffers"
} | {"_variables", "_trainable_variables_indices", "_compiled_trainable_state"}
"""Attributes where Keras and PyTorch track variables, layers and hooks."""
COMPUTED_ATTRIBUTE = "_exclude_from_weight_decay_cache"
"""An attribute that Keras computes from others."""
UNREAD_CLASS_ATTRIBUTES = {
    *("__init__", "get_config", "from_config", "__annotations__", "_abc_impl"),
    *("__dataclass_fields__", "__dataclass_params__", "__orig_bases__"),
}
"""Class attributes that a step does not read."""
WATCHED_LIBRARY_TYPES = (keras.callbacks.Callback, np.vectorize)
"""Library types whose attributes change or are user functions."""
PLAIN_CONTAINERS = {*MUTABLE, tuple, frozenset}
"""Containers without attributes."""
FUSED_PACKAGE = "kerasdl.backend.fused"
"""The package that replaces methods of a model and reads no setting in a step."""
MOST_VALUES = 50_000
"""The most values to watch; comparing more would take too long."""
MOST_BYTES = 1 << 20
"""The most bytes of arrays and tensors; comparing more would take too long."""


class Watch:
    """All values that are reachable from some objects.

    Args:
        roots: Objects, each with its name in user code.
        ignored: Attributes that are not compared, by the `id` of their owner.
    """

    def __init__(
        self, roots: Iterable[tuple[str, Any]], ignored: dict[int, set[str]]
    ) -> None:
        self.ignored = ignored
        self.snapshot = Snapshot()
        self.arrays: list[tuple[str, np.ndarray, bytes]] = []
        self.tensors: list[tuple[str, torch.Tensor, torch.Tensor, int]] = []
        self.generators: list[HeldGenerator] = []
        self.unwatchable: str | None = None
        """The reachable value that cannot be watched, and why; else None."""
        self._queue = deque(roots)
        self._bytes = 0
        self._seen: dict[int, Any] = {}
        self._globals_seen: set[tuple[int, str]] = set()
        while self._queue and self.unwatchable is None:
            path, value = self._queue.popleft()
            if type(value) not in PLAIN and id(value) not in self._seen:
                self._seen[id(value)] = value
                self._visit(path, value)
        if self.snapshot.hold() > MOST_VALUES:
            self.unwatchable = f"a step may read more than {MOST_VALUES} values"

    def changed(self) -> str | None:
        """Return the path of a value that has changed, or None."""
        for path, array, held in self.arrays:
            if array.tobytes() != held:
                return path
        for path, tensor, _, version in self.tensors:
            if tensor._version != version:
                return path
        return self.snapshot.changed()

    def hold_generators(self) -> None:
        """Hold the current states of random generators."""
        self.generators = [held.updated() for held in self.generators]

    def drawn(self) -> str | None:
        """Return the path of a random generator that was drawn from, or None."""
        drawn = (held.path for held in self.generators if held.has_drawn())
        return next(drawn, None)

    def restore(self) -> None:
        """Restore all held values."""
        self.snapshot.restore()
        for _, array, held in self.arrays:
            if array.tobytes() != held:
                array[...] = np.frombuffer(held, array.dtype).reshape(array.shape)
        for _, tensor, held, version in self.tensors:
            if tensor._version != version:
                tensor.detach().copy_(held)
        for held in self.generators:
            held.restore()

    def _reach(self, *values: tuple[str, Any]) -> None:
        self._queue.extend(values)

    def _visit(self, path: str, value: Any) -> None:
        if isinstance(value, torch.Tensor):
            self._tensor(path, value)
        elif isinstance(value, np.ndarray):
            self._array(path, value)
        elif is_private_generator(value):
            self.generators.append(HeldGenerator(path, value))
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
            if type(value) not in PLAIN_CONTAINERS and not is_harmless(value):
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

    def _fits(self, path: str, kind: str, size: int) -> bool:
        """Count the bytes to keep; return whether they are few enough."""
        self._bytes += size
        if self._bytes > MOST_BYTES:
            self.unwatchable = f"{path} is {kind} too large to watch"
        return self._bytes <= MOST_BYTES

    def _built_in(self, path: str, value: Any) -> None:
        if action := unrecordable_call(value):
            self.unwatchable = f"{path} {action}"
        else:  # the object of a method
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
            if not module.startswith(FUSED_PACKAGE):  # it may wrap a user function
                filled = [(n, c) for n, c in cells if hasattr(c, "cell_contents")]
                self._reach(*((name, cell.cell_contents) for name, cell in filled))
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
        if action := unrecordable_code(function):
            self.unwatchable = f"{function.__qualname__} {action}"
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
            if name not in UNREAD_CLASS_ATTRIBUTES:
                self._reach((f"{owner.__name__}.{name}", value))
        self._reach(*((base.__name__, base) for base in owner.__bases__))
        self._reach((type(owner).__name__, type(owner)))

    def _object(self, path: str, value: Any) -> None:
        kind = type(value)
        if isinstance(value, KERAS_TYPES):
            path = getattr(value, "name", None) or path
        elif isinstance(value, keras.Variable):
            self.snapshot.add_attribute(f"{path}.trainable", value, "_trainable")
            return
        elif isinstance(value, torch.nn.Module):
            self._namespace(path, value)
            self._reach((path, value._modules))
            return
        elif isinstance(value, WATCHED_LIBRARY_TYPES):
            pass
        elif is_harmless(value):
            return
        elif opaque := opaque_type(value):
            self.unwatchable = f"{path} is a {opaque}, whose value cannot be watched"
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
        if isinstance(owner, (*KERAS_TYPES, torch.nn.Module)):
            ignored, skipped = ignored | {COMPUTED_ATTRIBUTE}, INTERNAL_ATTRIBUTES
            if is_library(type(owner).__module__) and isinstance(owner, KERAS_TYPES):
                ignored |= {"training"}  # PyTorch sets it, Keras does not read it
        attributes = vars(owner)
        read = self.snapshot.add_namespace(path, attributes, ignored | skipped, ignored)
        is_initializer = isinstance(owner, keras.initializers.Initializer)
        for name in read:
            # The initial values may be large, and no step reads them.
            if not (is_initializer and isinstance(attributes[name], np.ndarray)):
                self._reach((f"{path}.{name}", attributes[name]))
