"""A step as a graph of PyTorch operations, in their order.

PyTorch's own graphs also keep names, users and code, and take several times as long to
make and to change.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import torch

INPUT = "input"
"""Target of a node that is an input of the graph."""
ATTRIBUTE = "attribute"
"""Target of a node that is a tensor from outside."""


class Layout(NamedTuple):
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


class Node:
    """A tensor of a step, or what one of its operations returns.

    Args:
        target: The operation; `operator.getitem` for one of the tensors that a node
            returns; `INPUT` or `ATTRIBUTE`.
        args: Its arguments, with nodes in place of tensors.
        kwargs: Those given by name.
        layout: The layout of the tensor.

    Attributes:
        count: The number of tensors, if the operation returns several.
        tensor: The tensor that an attribute is.
    """

    __slots__ = ("args", "count", "kwargs", "layout", "target", "tensor")

    def __init__(
        self,
        target: Any,
        args: tuple = (),
        kwargs: Mapping[str, Any] | None = None,
        layout: Layout | None = None,
    ):
        self.target = target
        self.args = args
        self.kwargs: dict[str, Any] = dict(kwargs or {})
        self.layout: Any = layout
        self.count = 1
        self.tensor: Any = None

    def used(self) -> list["Node"]:
        """Return the nodes among the arguments."""
        values = leaves(self.args, self.kwargs)
        return [value for value in values if isinstance(value, Node)]


class Graph:
    """Operations from inputs to outputs; attributes stand among the operations."""

    def __init__(self) -> None:
        self.inputs: list[Node] = []
        self.operations: list[Node] = []
        self.outputs: list[Node] = []

    def nodes(self) -> list[Node]:
        """Return inputs and operations, in their order."""
        return [*self.inputs, *self.operations]

    def add(self, target: Any, *args: Any, layout: Layout | None = None) -> Node:
        """Append an operation without arguments by name, and return it."""
        self.operations.append(Node(target, args, None, layout))
        return self.operations[-1]

    def rewrite(self, instead: Callable[[Node], Node]) -> None:
        """Use other nodes where `instead` returns another one for an operation.

        `instead` gets the operations in their order, each with arguments that are
        rewritten; what it adds to the graph stands in place of the operation.
        """
        others: dict[Node, Node] = {}

        def other(value: Any) -> Any:
            return others.get(value, value) if isinstance(value, Node) else value

        before, self.operations = self.operations, []
        for node in before:
            if others:
                node.args = mapped(other, node.args)
                node.kwargs = {k: mapped(other, v) for k, v in node.kwargs.items()}
            if (replacement := instead(node)) is node:
                self.operations.append(node)
            else:
                others[node] = replacement
        self.outputs = [other(node) for node in self.outputs]

    def drop_unused(self, keeps: Callable[[Node], bool]) -> None:
        """Remove operations that no output needs, but for those that `keeps` keeps."""
        used, kept = set(self.outputs), []
        for node in reversed(self.operations):
            if node in used or keeps(node):
                kept.append(node)
                used.update(node.used())
        self.operations = kept[::-1]


def leaves(args: Iterable[Any], kwargs: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the arguments of an operation, and for lists their parts."""
    for value in (*args, *kwargs.values()):
        if isinstance(value, (list, tuple)):
            yield from leaves(value, {})
        else:
            yield value


def mapped(function: Callable[[Any], Any], value: Any) -> Any:
    """Return a value, or a list with its lists, with the function of each part."""
    if isinstance(value, list):
        return [mapped(function, part) for part in value]
    if isinstance(value, tuple):
        return tuple(mapped(function, part) for part in value)
    return function(value)
