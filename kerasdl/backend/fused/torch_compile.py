"""PyTorch's compiler, on a recorded step."""

from collections.abc import Callable
from typing import Any

import torch
from torch.fx import GraphModule

from kerasdl.backend.fused.torch_graph import works_in_grad_mode_only


class NotCompilableError(Exception):
    """A record that PyTorch's compiler cannot take, or no compiler."""


def compiled(module: GraphModule, inputs: list[torch.Tensor]) -> Callable[..., Any]:
    """Return a graph as compiled code; random numbers stay those of the generator.

    Args:
        module: The graph.
        inputs: Tensors as it will be called with.

    Raises:
        NotCompilableError: With the reason.
    """
    if works_in_grad_mode_only(module):
        raise NotCompilableError("PyTorch's recurrent kernel needs gradient mode")
    options: Any = {"fallback_random": True}
    function = torch.compile(module, fullgraph=True, dynamic=False, options=options)
    try:
        with torch.random.fork_rng(), torch.no_grad():
            function(*[tensor.clone() for tensor in inputs])  # compiles
    except (RuntimeError, OSError) as fault:  # all that the compiler raises
        reason = " ".join(str(fault).strip().splitlines()[:2])
        raise NotCompilableError(reason) from fault
    return function
