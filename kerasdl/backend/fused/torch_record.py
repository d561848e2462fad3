"""Record a step as a graph of PyTorch's operations, and make a fast function of it."""

import contextlib
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
import torch
from keras.src import tree
from torch._guards import TracingContext, tracing
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx

from kerasdl.backend.fused.torch_compile import compiled
from kerasdl.backend.fused.torch_graph import (
    NotRecordableError,
    simplify,
    works_in_grad_mode_only,
    write_back,
)
from kerasdl.backend.fused.torch_interpreter import interpreted
from kerasdl.backend.fused.torch_kernels import native_kernels


def record(
    model: keras.Model,
    pure: Callable[[keras.Model, Any], dict[str, Any]],
    structure: Any,
    leaves: list[torch.Tensor],
    *,
    compile_it: bool,
) -> Callable[[list[torch.Tensor]], dict[str, Any] | None]:
    """Record a step on copies of the model's variables.

    Args:
        model: The model, built.
        pure: The step, a function of the model and a batch.
        structure: The structure of a batch.
        leaves: Its tensors; the record serves batches of the same shapes and dtypes.
        compile_it: Whether PyTorch's compiler shall work on the record.

    Returns:
        A function of a batch's tensors that updates the model's variables and returns
        the logs, or None if these are what `model.get_metrics_result` returns.

    Raises:
        NotCompilableError: If it shall be compiled and cannot be.
        NotRecordableError: If the step branches on a value, draws from a generator of
            Python or NumPy, changes something that the model does not track, or does
            what PyTorch's interpreter cannot.
    """
    variables = _variables(model)
    changed: list[int] = []
    names: list[str] = []

    def step(*tensors: torch.Tensor) -> list[torch.Tensor]:
        state = tensors[: len(variables)]
        batch = packed(structure, tensors[len(state) :])
        scope = _Scope(zip(variables, state, strict=True), collect_losses=True)
        with scope:
            logs = pure(model, batch)
        if not {id(variable) for variable in variables}.issuperset(scope.state_mapping):
            raise NotRecordableError("it changes a variable that no layer tracks")
        values = [scope.get_current_value(variable) for variable in variables]
        changed[:] = [i for i, old in enumerate(state) if values[i] is not old]
        names[:] = logs
        return [values[i] for i in changed] + list(logs.values())

    state = [_copy(variable._value) for variable in variables]
    try:
        # Without a mode of its own, each operation makes one, stack trace and all.
        known = TracingContext(FakeTensorMode(allow_fallback_kernels=True))
        kernels = native_kernels(fused=not compile_it)
        with _generators_unmoved(), kernels, tracing(known):
            module = make_fx(step)(*state, *leaves)
        constants = simplify(module)
        write_back(module, changed)
        module.recompile()
        forward = module.forward if compile_it else interpreted(module)
    except NotRecordableError:
        raise
    except Exception as fault:
        raise NotRecordableError(_first_line(fault)) from fault
    if compile_it:
        inputs = [variable._value.data for variable in variables] + leaves + constants
        forward = compiled(module, inputs)
    grad_mode = torch.enable_grad if works_in_grad_mode_only(module) else torch.no_grad

    @grad_mode()
    def replay(leaves: list[torch.Tensor]) -> dict[str, Any] | None:
        state = [variable._value.data for variable in variables]
        logs = forward(*state, *leaves, *constants)
        return dict(zip(names, logs, strict=True)) if names else None

    return replay


def packed(structure: Any, leaves: Sequence[torch.Tensor]) -> Any:
    """Return tensors in the structure of a batch, None where it has None."""
    rest = iter(leaves)
    gaps = [None if leaf is None else next(rest) for leaf in tree.flatten(structure)]
    return tree.pack_sequence_as(structure, gaps)


class _Scope(keras.StatelessScope):
    """A scope in which a variable never shares its memory with another one's value."""

    def add_update(self, update: tuple[keras.Variable, torch.Tensor]) -> None:
        variable, value = update
        memory = value.untyped_storage()._cdata
        held = self.state_mapping.values()
        if any(memory == other.untyped_storage()._cdata for other in held):
            value = value.clone()
        super().add_update((variable, value))


def _variables(model: keras.Model) -> list[keras.Variable]:
    everything = [*model.variables, *model.metrics_variables]
    if model.optimizer is not None:
        everything += model.optimizer.variables
    return list({id(variable): variable for variable in everything}.values())


def _copy(value: torch.Tensor) -> torch.Tensor:
    return value.detach().clone().requires_grad_(value.requires_grad)


def _first_line(fault: Exception) -> str:
    lines = str(fault).strip().splitlines()
    return f"{type(fault).__name__}: {lines[0] if lines else ''}"


@contextlib.contextmanager
def _generators_unmoved() -> Iterator[None]:
    """Leave PyTorch's generators where they are; refuse draws from others.

    What Python or NumPy drew while recording would be drawn only once.
    """
    outside = random.getstate(), _numpy_state()
    numpy_before = np.random.get_state()
    drawn = False
    try:
        with torch.random.fork_rng():
            yield
    finally:
        if drawn := (random.getstate(), _numpy_state()) != outside:
            random.setstate(outside[0])
            np.random.set_state(numpy_before)
    if drawn:
        raise NotRecordableError("it draws from Python's or NumPy's generator")


def _numpy_state() -> tuple:
    name, keys, *rest = np.random.get_state(legacy=True)
    return name, np.asarray(keys).tobytes(), *rest
