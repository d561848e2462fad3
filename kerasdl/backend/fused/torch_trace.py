"""Trace a step: run it, and write down as a graph which PyTorch operations it runs.

PyTorch's own tracer serves symbolic shapes, subclasses of tensors and exports as well,
and takes several times as long for what a step needs.
"""

import itertools
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.fx import Graph, Node
from torch.fx.node import map_aggregate
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.weak import WeakTensorKeyDictionary

aten = torch.ops.aten
PLAIN_TENSORS = (torch.Tensor, torch.nn.Parameter)


class UntraceableError(Exception):
    """A step on tensors that a graph cannot describe."""


@dataclass(frozen=True)
class Layout:
    """What a graph says of a tensor: all but its values.

    Args:
        shape: The shape.
        strides: The distance of neighbours along each axis, in elements.
        dtype: The dtype.
        device: The device.
    """

    shape: torch.Size
    strides: tuple[int, ...]
    dtype: torch.dtype
    device: torch.device

    @classmethod
    def of(cls, tensor: torch.Tensor) -> "Layout":
        """Return the layout of a tensor."""
        return cls(tensor.shape, tensor.stride(), tensor.dtype, tensor.device)


class Trace(TorchDispatchMode):
    """A dispatch mode that writes down each operation, those of a backward pass too."""

    def __init__(self) -> None:
        super().__init__()
        self.graph = Graph()
        self._attributes = itertools.count()
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

        In the `meta` of a node stand the `layout` of its tensor, the `count` of its
        tensors if they are several, and the `tensor` that an attribute is.

        Raises:
            UntraceableError: If it uses a tensor of a subclass.
        """
        for number, tensor in enumerate(inputs):
            self._track(tensor, self.graph.placeholder(f"input_{number}"))
        with self:
            outputs = function(*inputs)
        self.graph.output([self._node(tensor) for tensor in outputs])
        return self.graph

    def is_constant(self, tensor: torch.Tensor) -> bool:
        """Return whether a tensor is a number written in the code."""
        return self._is_running or self._nodes.get(tensor) in self._constants

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple = (), kwargs: Any = None
    ) -> Any:
        """Run an operation and append it to the graph."""
        kwargs = kwargs or {}
        if torch.Tag.data_dependent_output in func.tags:
            return func(*args, **kwargs)  # a number for Python, not for the graph
        if func is aten.lift_fresh.default:  # the constant itself must stay as it is
            func = aten.lift_fresh_copy.default
        node = self.graph.call_function(
            func, *map_aggregate((args, kwargs), self._argument)
        )
        self._is_running = True
        try:
            result = func(*args, **kwargs)
        finally:
            self._is_running = False
        self._track(result, node)
        if isinstance(result, torch.Tensor) and result.numel() == 1:
            used = node.all_input_nodes
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
            node = self.graph.get_attr(f"attribute_{next(self._attributes)}")
            node.meta["tensor"] = tensor
            self._track(tensor, node)
        return node

    def _track(self, result: Any, node: Node) -> None:
        """Keep the node of a tensor, or one for each tensor of a list."""
        if isinstance(result, torch.Tensor):
            self._nodes[result] = node
            node.meta["layout"] = Layout.of(result)
        elif isinstance(result, (list, tuple)):
            node.meta["count"] = len(result)
            for index, part in enumerate(result):
                if isinstance(part, torch.Tensor):
                    item = (node, index)
                    self._track(part, self.graph.call_function(operator.getitem, item))
