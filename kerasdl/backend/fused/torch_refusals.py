"""Refuse, while a step is recorded, what its record could only keep as a constant."""

import builtins
import contextlib
import io
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, NoReturn

import torch
from torch.fx.experimental.proxy_tensor import get_proxy_mode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from kerasdl.backend.fused.stand_ins import replaced
from kerasdl.backend.fused.torch_graph import NotRecordableError
from kerasdl.backend.fused.torch_libraries import READING_SYSTEM, is_library

READING = (
    *("item", "tolist", "numpy", "data_ptr", "storage", "untyped_storage"),
    *("__array__", "__dlpack__", "__bool__", "__int__", "__float__", "__complex__"),
    *("__index__", "__repr__", "__format__", "__reduce_ex__", "__deepcopy__"),
    *("apply_", "map_", "map2_"),
)
"""Methods of a tensor that give its values to Python."""
CHANGING_FILES = (
    *("link", "mkdir", "remove", "rename", "replace", "rmdir", "symlink", "unlink"),
)
"""Functions of `os`, which others such as `makedirs` call."""
OUTSIDE = (
    (builtins, "open", "opens a file"),
    (io, "open", "opens a file"),
    (logging.Logger, "makeRecord", "writes to a log"),
    (subprocess.Popen, "__init__", "starts a process"),
    *((os, name, "changes files") for name in CHANGING_FILES),
    *READING_SYSTEM,
)
"""What a step may do outside of tensors and of Python's values."""


@contextlib.contextmanager
def refusals() -> Iterator["Operations"]:
    """Let a step raise that does what a record would not repeat.

    Raises:
        NotRecordableError: With the first reason, also if the step caught it.
    """
    operations = Operations()
    stand_ins: list[tuple[Any, str, Any]] = [
        (torch.Tensor, name, _reading(name, operations)) for name in READING
    ]
    for place, name, what in OUTSIDE:
        stand_ins.append((place, name, _acting(place, name, what, operations)))
    for name in ("stdout", "stderr"):
        stand_ins.append((sys, name, _Output(getattr(sys, name), operations)))
    try:
        with replaced(stand_ins), operations:
            yield operations
    finally:
        if operations.reasons:
            raise NotRecordableError(operations.reasons[0]) from None


class Operations(TorchDispatchMode):
    """Looks at each operation of a step before it happens."""

    def __init__(self) -> None:
        super().__init__()
        self.thread = threading.get_ident()
        self.reasons: list[str] = []
        self.overwritten: dict[int, torch.Tensor] = {}
        """Values that variables had, by the memory they lie in."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple = (), kwargs: Any = None
    ) -> Any:
        """Refuse what is drawn, read or shaped otherwise at each step."""
        given = tree_leaves((args, kwargs))
        tensors = [leaf for leaf in given if isinstance(leaf, torch.Tensor)]
        if any(isinstance(leaf, torch.Generator) for leaf in given):
            self.refuse("draws from a torch.Generator")
        if self.overwritten and any(memory(t) in self.overwritten for t in tensors):
            self.refuse("uses the former value of a variable after assigning a new one")
        if not all(map(_is_constant, tensors)):
            if torch.Tag.data_dependent_output in func.tags:
                self.refuse("reads the value of a tensor")
            if _shape_depends_on_values(func, tensors):
                self.refuse(f"makes a tensor whose shape depends on values ({func})")
        return func(*args, **(kwargs or {}))

    def refuse(self, what: str) -> NoReturn:
        """Raise for what the code that runs just now does."""
        self.reasons.append(f"{_caller()} {what}")
        raise NotRecordableError(self.reasons[-1])

    def refuses_here(self) -> bool:
        """Return whether this is the thread that records."""
        return threading.get_ident() == self.thread


def memory(tensor: torch.Tensor) -> int:
    """Return what tensors have in common that share memory."""
    with torch._C.DisableTorchFunction():
        return torch._C.TensorBase.untyped_storage(tensor)._cdata


def _reading(name: str, operations: Operations) -> Callable:
    read = getattr(torch.Tensor, name)

    def method(self: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        if operations.refuses_here() and not _is_constant(self):
            operations.refuse(f"reads the value of a tensor ({name.strip('_')})")
        return read(self, *args, **kwargs)

    return method


def _acting(place: Any, name: str, what: str, operations: Operations) -> Callable:
    act = getattr(place, name)

    def function(*args: Any, **kwargs: Any) -> Any:
        if operations.refuses_here() and _is_called_by_user():
            operations.refuse(what)
        return act(*args, **kwargs)

    return function


class _Output:
    """A stream to which the step must not write.

    Args:
        stream: The stream, to which others may write.
        operations: Where refusals are noted.
    """

    def __init__(self, stream: Any, operations: Operations):
        self.stream = stream
        self.write = _acting(stream, "write", "prints", operations)
        self.writelines = _acting(stream, "writelines", "prints", operations)

    def __getattr__(self, name: str) -> Any:
        """Return what the stream has."""
        return getattr(self.stream, name)


def _is_constant(tensor: torch.Tensor) -> bool:
    """Return whether a tensor is made of numbers that stand in the code."""
    if (mode := get_proxy_mode()) is None:
        return True  # PyTorch itself looks at it
    proxy = mode.tracer.tensor_tracker.get(tensor)
    return proxy is not None and proxy.constant is not None


def _shape_depends_on_values(operation: Any, tensors: list[torch.Tensor]) -> bool:
    if operation is torch.ops.aten.index.Tensor:
        return any(t.dtype in (torch.bool, torch.uint8) for t in tensors[1:])
    return torch.Tag.dynamic_output_shape in operation.tags


def _frames() -> Iterator[tuple[str, FrameType]]:
    """Return the frames of the step that is recorded, the innermost first."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module == "kerasdl.backend.fused.torch_record":
            return
        if module != __name__:
            yield module, frame
        frame = frame.f_back


def _caller() -> str:
    """Return the name of the user's function that runs, else of Keras's."""
    named = list(_frames())
    own = [frame for module, frame in named if not is_library(module)]
    methods = [f for m, f in named if m.startswith("keras.") and "self" in f.f_locals]
    for frame in own[:1] or methods[:1]:
        return frame.f_code.co_qualname.rpartition("<locals>.")[2]
    return "it"


def _is_called_by_user() -> bool:
    """Return whether user's code runs, perhaps by way of libraries but Keras."""
    for module, _ in _frames():
        if module.partition(".")[0] in ("keras", "kerasdl", "torch"):
            return False
        if not is_library(module):
            return True
    return False
