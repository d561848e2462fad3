"""Run a recorded graph in the TorchScript interpreter, without Python in between.

In small models, calling an operation from Python takes as long as the operation. The
interpreter runs without its optimizer, which does not see that an operation on a list
of tensors changes them.
"""

import operator
from collections.abc import Callable
from typing import Any

import torch
from torch.jit._fuser import optimized_execution

from kerasdl.backend.fused.torch_graph import NotRecordableError
from kerasdl.backend.fused.torch_nodes import Graph, Node

ENUM_VALUES = {
    torch.strided: 0,
    torch.contiguous_format: 0,
    torch.preserve_format: 1,
    torch.channels_last: 2,
    torch.channels_last_3d: 3,
}
"""Layouts and memory formats, with the numbers that the interpreter uses."""


def interpreted(graph: Graph) -> Callable[..., tuple[torch.Tensor, ...]]:
    """Return a function from the graph's inputs to its outputs.

    Raises:
        NotRecordableError: If an operation or an argument has no translation.
    """
    run = torch._C._create_function_from_graph("step", _Translation(graph).graph)

    def function(*inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        with optimized_execution(False):
            return run(*inputs)

    return function


class _Translation:
    """A TorchScript graph with the operations of a recorded graph, in its order."""

    def __init__(self, recorded: Graph):
        self.graph: Any = torch._C.Graph()
        self.values: dict[Node, Any] = {
            node: self.graph.addInput(f"input_{number}")
            for number, node in enumerate(recorded.inputs)
        }
        for node in recorded.operations:
            if node.target is operator.getitem:
                source, index = node.args
                self.values[node] = self.values[source][index]
            elif isinstance(node.target, torch._ops.OpOverload):
                self.values[node] = self._operation(node)
            else:
                raise NotRecordableError(f"{node.target} is not a PyTorch operation")
        outputs = [self.values[node] for node in recorded.outputs]
        (result_tuple,) = self._add("prim::TupleConstruct", outputs)
        result_tuple.setType(torch._C.TupleType([part.type() for part in outputs]))
        self.graph.registerOutput(result_tuple)

    def _add(self, kind: str, inputs: list[Any], outputs: int = 1) -> list[Any]:
        node = self.graph.insertNode(self.graph.create(kind, inputs, outputs))
        return list(node.outputs())

    def _operation(self, node: Node) -> Any:
        """Return the value of an operation, or its values if it has several."""
        schema = node.target._schema
        arguments = schema.arguments
        names = [argument.name for argument in arguments]
        values = dict(zip(names, node.args, strict=False)) | node.kwargs
        inputs = [
            self._input(values.get(name, argument.default_value), argument.type)
            for name, argument in zip(names, arguments, strict=True)
        ]
        values = self._add(schema.name, inputs, len(schema.returns))
        used = values[0].node() if values else list(self.graph.nodes())[-1]
        if used.schema() == "(no schema)":
            raise NotRecordableError(
                f"TorchScript lacks {node.target} with these arguments"
            )
        for value, result in zip(values, schema.returns, strict=True):
            value.setType(result.type)
        if len(values) != 1:
            return values
        (value,) = values
        if not isinstance(schema.returns[0].type, torch._C.ListType):
            return value
        return self._add("prim::ListUnpack", [value], node.count)

    def _input(self, argument: Any, expected: Any) -> Any:
        if isinstance(argument, Node):
            return self.values[argument]
        if isinstance(expected, torch._C.OptionalType):
            if argument is not None:
                return self._input(argument, expected.getElementType())
        elif isinstance(expected, torch._C.ListType):
            inner = expected.getElementType()
            (value,) = self._add(
                "prim::ListConstruct", [self._input(part, inner) for part in argument]
            )
            value.setType(expected)
            return value
        elif isinstance(expected, torch._C.FloatType):
            argument = float(argument)
        try:
            return self.graph.insertConstant(ENUM_VALUES.get(argument, argument))
        except (RuntimeError, TypeError) as fault:
            raise NotRecordableError(
                f"a {type(argument).__name__} is not a TorchScript constant"
            ) from fault
