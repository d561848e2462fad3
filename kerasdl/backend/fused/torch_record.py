"""Record a step as a graph of PyTorch operations, and make it a fast function."""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras
import torch
from keras import tree

from kerasdl.backend.fused.torch_compile import compiled
from kerasdl.backend.fused.torch_generators import preserve_shared_generators
from kerasdl.backend.fused.torch_graph import (
    NotRecordableError,
    needs_grad_mode,
    separate_outputs,
    simplify,
    write_back,
)
from kerasdl.backend.fused.torch_interpreter import interpreted
from kerasdl.backend.fused.torch_kernels import native_kernels
from kerasdl.backend.fused.torch_nodes import Graph
from kerasdl.backend.fused.torch_recordable_step import Gradients
from kerasdl.backend.fused.torch_refusals import CheckedTrace, memory, refusals

RECORDING = threading.RLock()
"""Held while a step is recorded, so that one at a time is."""


def record(
    model: keras.Model,
    pure: Callable[[keras.Model, Any], tuple[dict[str, Any], Gradients]],
    structure: Any,
    leaves: list[torch.Tensor],
    *,
    compile_it: bool,
) -> "Record":
    """Record a step on copies of the model's variables.

    Args:
        model: The model, built.
        pure: The step, a function of the model and a batch.
        structure: The structure of a batch.
        leaves: Its tensors; the record serves batches of the same shapes and dtypes.
        compile_it: Whether to compile the record.

    Returns:
        The record.

    Raises:
        NotCompilableError: If `compile_it` is set and compiling fails.
        NotRecordableError: If the step branches on a value, draws from a generator of
            Python or NumPy, changes something that the model does not track, or uses
            what TorchScript lacks.
    """
    variables = _variables(model)
    changed: list[int] = []
    names: list[str] = []
    weights: list[keras.Variable] = []

    def step(*tensors: torch.Tensor) -> list[torch.Tensor]:
        state = tensors[: len(variables)]
        batch = packed(structure, tensors[len(state) :])
        scope = _Scope(zip(variables, state, strict=True), trace)
        with scope:
            logs, gradients = pure(model, batch)
        if not {id(variable) for variable in variables}.issuperset(scope.state_mapping):
            raise NotRecordableError("it changes a variable that no layer tracks")
        values = [scope.get_current_value(variable) for variable in variables]
        changed[:] = [i for i, old in enumerate(state) if values[i] is not old]
        names[:] = logs
        pairs = [(weight, value) for weight, value in gradients if value is not None]
        weights[:] = [weight for weight, _ in pairs]
        gradient_values = [value for _, value in pairs]
        return [values[i] for i in changed] + list(logs.values()) + gradient_values

    state = [_copy(variable._value) for variable in variables]
    try:
        kernels = native_kernels(fused=not compile_it)
        # What refuses is replaced for the whole process.
        with RECORDING, preserve_shared_generators(), kernels, refusals() as trace:
            graph = trace.run(step, [*state, *leaves])
        constants = simplify(graph)
        write_back(graph, changed)
        separate_outputs(graph, len(weights))
        forward = None if compile_it else interpreted(graph)
    except NotRecordableError:
        raise
    except Exception as fault:
        raise NotRecordableError(_first_line(fault)) from fault
    if forward is None:
        inputs = [variable._value.data for variable in variables] + leaves + constants
        forward = compiled(graph, inputs)
    return Record(forward, variables, constants, names, weights, graph)


class Record:
    """A recorded step.

    Args:
        forward: Takes values of the variables, a batch's tensors and the constants.
        variables: The variables that it updates.
        constants: The tensors that it reads.
        names: The names of the logs that it returns.
        weights: The weights whose gradients it returns after the logs.
        graph: The graph.
    """

    def __init__(
        self,
        forward: Callable[..., Sequence[torch.Tensor]],
        variables: list[keras.Variable],
        constants: list[torch.Tensor],
        names: list[str],
        weights: list[keras.Variable],
        graph: Graph,
    ):
        self.forward = forward
        self.variables = variables
        self.constants = constants
        self.names = names
        self.weights = [weight._value for weight in weights]
        self.needs_grad = needs_grad_mode(graph)

    def __call__(self, leaves: list[torch.Tensor]) -> tuple[Any, Any]:
        """Run the step on a batch's tensors.

        Returns:
            The logs, or None if `model.get_metrics_result` returns them; and pairs of a
            weight and its gradient.
        """
        for weight in self.weights:
            weight.grad = None
        state = [variable._value.data for variable in self.variables]
        with torch.set_grad_enabled(self.needs_grad):
            results = self.forward(*state, *leaves, *self.constants)
        count = len(self.names)
        logs = dict(zip(self.names, results[:count], strict=True)) if count else None
        return logs, zip(self.weights, results[count:], strict=True)


def packed(structure: Any, leaves: Sequence[torch.Tensor]) -> Any:
    """Return tensors in the structure of a batch, with None where it has None."""
    rest = iter(leaves)
    flat = [None if leaf is None else next(rest) for leaf in tree.flatten(structure)]
    return tree.pack_sequence_as(structure, flat)


class _Scope(keras.StatelessScope):
    """A scope in which variables behave as outside of it, or the step is refused.

    A variable never shares memory with another one's value. Outside, a new value
    overwrites the former one, so the former value must not be used any more.
    """

    def __init__(self, values: Iterable[tuple], trace: CheckedTrace):
        super().__init__(values, collect_losses=True)
        self.trace = trace

    def add_update(self, update: tuple[keras.Variable, torch.Tensor]) -> None:
        variable, value = update
        held = self.state_mapping.values()
        former = self.get_current_value(variable)
        if any(memory(value) == memory(other) for other in held):
            value = value.clone()
        if former is not None:
            self.trace.overwritten[memory(former)] = former
        super().add_update((variable, value))


def _variables(model: keras.Model) -> list[keras.Variable]:
    everything = [*model.variables, *model.metrics_variables]
    if (optimizer := getattr(model, "optimizer", None)) is not None:
        everything += optimizer.variables
    return list({id(variable): variable for variable in everything}.values())


def _copy(value: torch.Tensor) -> torch.Tensor:
    return value.detach().clone().requires_grad_(value.requires_grad)


def _first_line(fault: Exception) -> str:
    lines = str(fault).strip().splitlines()
    return f"{type(fault).__name__}: {lines[0] if lines else ''}"
