"""Compilation of a recorded step by PyTorch."""

from collections.abc import Callable
from typing import Any

import torch
from torch.fx import Graph, GraphModule

from kerasdl.backend.fused.torch_graph import needs_grad_mode


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
    module = GraphModule(torch.nn.Module(), graph)
    options: Any = {"fallback_random": True}
    function = torch.compile(module, fullgraph=True, dynamic=False, options=options)
    try:
        with torch.random.fork_rng(), torch.no_grad():
            function(*[tensor.clone() for tensor in inputs])  # compiles
    except (RuntimeError, OSError) as fault:  # all that the compiler raises
        reason = " ".join(str(fault).strip().splitlines()[:2])
        raise NotCompilableError(reason) from fault
    return function
