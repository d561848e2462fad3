"""Compilation of a recorded step by PyTorch."""

from collections.abc import Callable
from typing import Any

import torch
from torch import fx

from kerasdl.backend.fused.torch_graph import needs_grad_mode
from kerasdl.backend.fused.torch_nodes import Graph, Node, mapped


class NotCompilableError(Exception):
    """A record that PyTorch cannot compile, or a missing compiler."""


def compiled(graph: Graph, inputs: list[torch.Tensor]) -> Callable[..., Any]:
    """Compile a graph; random numbers still come from the generator.

    Args:
        graph: The graph.
        inputs: Tensors like those it will be called with.

    Raises:
        NotCompilableError: With the reason.
    """
    if needs_grad_mode(graph):
        raise NotCompilableError("PyTorch's recurrent kernel needs gradient mode")
    module = fx.GraphModule(torch.nn.Module(), for_compiler(graph))
    options: Any = {"fallback_random": True}
    function = torch.compile(module, fullgraph=True, dynamic=False, options=options)
    try:
        with torch.random.fork_rng(), torch.no_grad():
            function(*[tensor.clone() for tensor in inputs])  # compiles
    except (RuntimeError, OSError) as fault:  # all that the compiler raises
        reason = " ".join(str(fault).strip().splitlines()[:2])
        raise NotCompilableError(reason) from fault
    return function


def for_compiler(graph: Graph) -> fx.Graph:
    """Return a graph without attributes as one of `torch.fx`."""
    copy = fx.Graph()
    copies: dict[Node, fx.Node] = {
        node: copy.placeholder(f"input_{number}")
        for number, node in enumerate(graph.inputs)
    }

    def copied(value: Any) -> Any:
        return copies[value] if isinstance(value, Node) else value

    for node in graph.operations:
        kwargs = {key: mapped(copied, value) for key, value in node.kwargs.items()}
        args = mapped(copied, node.args)
        copies[node] = copy.call_function(node.target, args, kwargs)
    copy.output([copies[node] for node in graph.outputs])
    return copy
