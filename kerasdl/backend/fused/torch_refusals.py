"""Refuse, while recording a step, what the record could only keep as a constant."""

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

from kerasdl.backend.fused.stand_ins import replaced
from kerasdl.backend.fused.torch_graph import NotRecordableError
from kerasdl.backend.fused.torch_libraries import SYSTEM_READS, is_library
from kerasdl.backend.fused.torch_trace import Trace

VALUE_READS = (
    *("item", "tolist", "numpy", "data_ptr", "storage", "untyped_storage"),
    *("__array__", "__dlpack__", "__bool__", "__int__", "__float__", "__complex__"),
    *("__index__", "__repr__", "__format__", "__reduce_ex__", "__deepcopy__"),
    *("apply_", "map_", "map2_"),
)
"""Tensor methods that return values to Python."""
CHANGING_FILES = (
    *("link", "mkdir", "remove", "rename", "replace", "rmdir", "symlink", "unlink"),
)
"""Functions of `os`, which others such as `makedirs` also call."""
SIDE_EFFECTS = (
    (builtins, "open", "opens a file"),
    (io, "open", "opens a file"),
    (logging.Logger, "makeRecord", "writes to a log"),
    (subprocess.Popen, "__init__", "starts a process"),
    *((os, name, "changes files") for name in CHANGING_FILES),
    *SYSTEM_READS,
)
"""Actions of a step outside tensors and Python values."""


@contextlib.contextmanager
def refusals() -> Iterator["CheckedTrace"]:
    """Make a step raise if it does what a record would not repeat.

    Yields:
        What traces the step.

    Raises:
        NotRecordableError: With the first reason, even if the step caught it.
    """
    trace = CheckedTrace()
    stand_ins: list[tuple[Any, str, Any]] = [
        (torch.Tensor, name, _refusing_read(name, trace)) for name in VALUE_READS
    ]
    for owner, name, action in SIDE_EFFECTS:
        stand_ins.append((owner, name, _refusing_action(owner, name, action, trace)))
    for name in ("stdout", "stderr"):
        stand_ins.append((sys, name, _Output(getattr(sys, name), trace)))
    try:
        with replaced(stand_ins):
            yield trace
    finally:
        if trace.reasons:
            raise NotRecordableError(trace.reasons[0]) from None


class CheckedTrace(Trace):
    """A trace that refuses what a record would not repeat."""

    def __init__(self) -> None:
        super().__init__()
        self.thread = threading.get_ident()
        self.reasons: list[str] = []
        self.overwritten: dict[int, torch.Tensor] = {}
        """Former values of variables, by their memory."""

    def check(self, operation: Any, values: list[Any]) -> None:
        """Refuse operations whose draws, values or shapes differ between steps."""
        tensors = [value for value in values if isinstance(value, torch.Tensor)]
        if any(isinstance(value, torch.Generator) for value in values):
            self.refuse("draws from a torch.Generator")
        if self.overwritten and any(memory(t) in self.overwritten for t in tensors):
            self.refuse("uses the former value of a variable after assigning a new one")
        if not all(map(self.is_constant, tensors)):
            if torch.Tag.data_dependent_output in operation.tags:
                self.refuse("reads the value of a tensor")
            if _shape_depends_on_values(operation, tensors):
                what = f"makes a tensor whose shape depends on values ({operation})"
                self.refuse(what)

    def refuse(self, action: str) -> NoReturn:
        """Raise for an action of the running code."""
        self.reasons.append(f"{_caller()} {action}")
        raise NotRecordableError(self.reasons[-1])

    def refuses_here(self) -> bool:
        """Return whether this is the recording thread."""
        return threading.get_ident() == self.thread


def memory(tensor: torch.Tensor) -> int:
    """Return an identifier that tensors have in common if they share memory."""
    with torch._C.DisableTorchFunction():
        return torch._C.TensorBase.untyped_storage(tensor)._cdata


def _refusing_read(name: str, trace: CheckedTrace) -> Callable:
    original = getattr(torch.Tensor, name)

    def method(self: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        if trace.refuses_here() and not trace.is_constant(self):
            trace.refuse(f"reads the value of a tensor ({name.strip('_')})")
        return original(self, *args, **kwargs)

    return method


def _refusing_action(
    owner: Any, name: str, action: str, trace: CheckedTrace
) -> Callable:
    original = getattr(owner, name)

    def function(*args: Any, **kwargs: Any) -> Any:
        if trace.refuses_here() and _is_called_by_user():
            trace.refuse(action)
        return original(*args, **kwargs)

    return function


class _Output:
    """A stream to which the step must not write.

    Args:
        stream: The stream, to which others may write.
        trace: Where refusals are collected.
    """

    def __init__(self, stream: Any, trace: CheckedTrace):
        self.stream = stream
        self.write = _refusing_action(stream, "write", "prints", trace)
        self.writelines = _refusing_action(stream, "writelines", "prints", trace)

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the stream."""
        return getattr(self.stream, name)


def _shape_depends_on_values(operation: Any, tensors: list[torch.Tensor]) -> bool:
    if operation is torch.ops.aten.index.Tensor:
        return any(t.dtype in (torch.bool, torch.uint8) for t in tensors[1:])
    return torch.Tag.dynamic_output_shape in operation.tags


def _frames() -> Iterator[tuple[str, FrameType]]:
    """Yield the modules and frames of the step that is recorded, innermost first."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module == "kerasdl.backend.fused.torch_record":
            return
        if module != __name__:
            yield module, frame
        frame = frame.f_back


def _caller() -> str:
    """Return the name of the running user function, else of the Keras method."""
    frames = list(_frames())
    user_frames = [frame for module, frame in frames if not is_library(module)]
    methods = [f for m, f in frames if m.startswith("keras.") and "self" in f.f_locals]
    for frame in user_frames[:1] or methods[:1]:
        return frame.f_code.co_qualname.rpartition("<locals>.")[2]
    return "it"


def _is_called_by_user() -> bool:
    """Return whether user code runs, directly or through libraries other than Keras."""
    for module, _ in _frames():
        if module.partition(".")[0] in ("keras", "kerasdl", "torch"):
            return False
        if not is_library(module):
            return True
    return False
