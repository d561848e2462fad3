"""PyTorch's compiler, on a recorded step."""

from collections.abc import Callable
from typing import Any

import torch
from torch.fx import GraphModule

from kerasdl.backend.fused.torch_graph import works_in_grad_mode_only


def compiled(
    module: GraphModule,
    inputs: list[torch.Tensor],
    not_compiled: Callable[[str], None],
) -> Callable[..., Any]:
    """Compile a graph, or return it as it is and say why.

    Random numbers stay those of PyTorch's generator.

    Args:
        module: The graph.
        inputs: Tensors as it will be called with; copies of them are used up.
        not_compiled: Takes the reason.
    """
    if works_in_grad_mode_only(module):
        not_compiled("PyTorch's recurrent kernel needs the mode for gradients")
        return module.forward
    options: Any = {"fallback_random": True}
    function = torch.compile(module, fullgraph=True, dynamic=False, options=options)
    try:
        with torch.random.fork_rng(), torch.no_grad():
            function(*[tensor.clone() for tensor in inputs])  # compiles
    except (RuntimeError, OSError) as fault:  # all that the compiler raises
        not_compiled(" ".join(str(fault).strip().splitlines()[:2]))
        return module.forward
    return function
