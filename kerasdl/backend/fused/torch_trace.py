"""Trace a step: run it, and write down as a graph which PyTorch operations it runs.

PyTorch's own tracer serves symbolic shapes, subclasses of tensors and exports as well,
and takes several times as long for what a step needs.
"""

import operator
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.weak import WeakTensorKeyDictionary

from kerasdl.backend.fused.torch_nodes import (
    ATTRIBUTE,
    INPUT,
    Graph,
    Layout,
    Node,
    leaves,
    mapped,
)

aten = torch.ops.aten
PLAIN_TENSORS = (torch.Tensor, torch.nn.Parameter)


class UntraceableError(Exception):
    """A step on tensors that a graph cannot describe."""


class Trace(TorchDispatchMode):
    """A dispatch mode that writes down each operation, those of a backward pass too."""

    def __init__(self) -> None:
        super().__init__()
        self.graph = Graph()
        self._nodes = WeakTensorKeyDictionary()
        self._constants: set[Node] = set()
        self._is_running = False
        """Whether an operation runs, so that PyTorch itself reads what is read."""

    def run(
        self,
        function: Callable[..., Sequence[torch.Tensor]],
        inputs: Sequence[torch.Tensor],
    ) -> Graph:
        """Run a function of tensors and return its graph.

        Raises:
            UntraceableError: If it uses a tensor of a subclass.
        """
        for tensor in inputs:
            self.graph.inputs.append(Node(INPUT))
            self._track(tensor, self.graph.inputs[-1])
        with self:
            outputs = function(*inputs)
        self.graph.outputs = [self._node(tensor) for tensor in outputs]
        return self.graph

    def is_constant(self, tensor: torch.Tensor) -> bool:
        """Return whether a tensor is a number written in the code."""
        return self._is_running or self._nodes.get(tensor) in self._constants

    def check(self, operation: Any, values: list[Any]) -> None:
        """Raise if an operation must not run; here, every one may.

        Args:
            operation: The operation.
            values: Its arguments, and the parts of those that are lists.
        """

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple = (), kwargs: Any = None
    ) -> Any:
        """Run an operation and append it to the graph."""
        kwargs = kwargs or {}
        self.check(func, list(leaves(args, kwargs)))
        if torch.Tag.data_dependent_output in func.tags:
            return func(*args, **kwargs)  # a number for Python, not for the graph
        if func is aten.lift_fresh.default:  # the constant itself must stay as it is
            func = aten.lift_fresh_copy.default
        given = {name: mapped(self._argument, each) for name, each in kwargs.items()}
        node = Node(func, mapped(self._argument, args), given)
        self.graph.operations.append(node)
        self._is_running = True
        try:
            result = func(*args, **kwargs)
        finally:
            self._is_running = False
        self._track(result, node)
        if isinstance(result, torch.Tensor) and result.numel() == 1:
            used = node.used()
            fresh = func is aten.lift_fresh_copy.default
            if fresh or (
                used
                and self._constants.issuperset(used)
                and torch.Tag.nondeterministic_seeded not in func.tags
            ):
                self._constants.add(node)
        return result

    def _argument(self, value: Any) -> Any:
        return self._node(value) if isinstance(value, torch.Tensor) else value

    def _node(self, tensor: torch.Tensor) -> Node:
        """Return the node of a tensor; one that no operation made is an attribute."""
        node = self._nodes.get(tensor)
        if node is None:
            if type(tensor) not in PLAIN_TENSORS:
                raise UntraceableError(f"it uses a {type(tensor).__name__}")
            node = self.graph.add(ATTRIBUTE)
            node.tensor = tensor
            self._track(tensor, node)
        return node

    def _track(self, result: Any, node: Node) -> None:
        """Keep the node of a tensor, or one for each tensor of a list."""
        if isinstance(result, torch.Tensor):
            self._nodes[result] = node
            node.layout = Layout.of(result)
        elif isinstance(result, (list, tuple)):
            node.count = len(result)
            for index, part in enumerate(result):
                if isinstance(part, torch.Tensor):
                    self._track(part, self.graph.add(operator.getitem, node, index))
