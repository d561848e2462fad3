"""A trace writes down what PyTorch's own tracer does, in the same order."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch import fx
from torch.fx.experimental.proxy_tensor import make_fx
from torch.fx.node import map_arg

from kerasdl.backend.fused.torch_nodes import ATTRIBUTE, Graph, Node, mapped
from kerasdl.backend.fused.torch_trace import Trace, UntraceableError

aten = torch.ops.aten
SCALE = torch.tensor([2.0, 3.0, 5.0])


def backward(x: torch.Tensor, w: torch.Tensor) -> list[torch.Tensor]:
    hidden = torch.nn.functional.gelu(x @ w.detach().requires_grad_())
    hidden = hidden + (x @ w.requires_grad_()).tanh().square()
    return [*torch.autograd.grad(hidden.sum(), [w]), hidden]


def in_place(x: torch.Tensor, w: torch.Tensor) -> list[torch.Tensor]:
    x.add_(1).t()[0] += 2
    aten._foreach_mul_.Scalar([x, w], 2.0)
    return [x + 1, torch.sum(w, 0, out=torch.zeros(3))]


def several_results(x: torch.Tensor, w: torch.Tensor) -> list[torch.Tensor]:
    values, where = torch.max(x, 1)
    one, two = aten._foreach_add.List([x, w], [x, w])
    return [where, values, one, *two.split(1)]


def numbers_in_the_code(x: torch.Tensor, w: torch.Tensor) -> list[torch.Tensor]:
    step = torch.tensor(3.0) + 1
    if step.item() > 2:
        step += 1
    return [x * step + torch.ones(3).cumsum(0), w * SCALE]


def random_numbers(x: torch.Tensor, w: torch.Tensor) -> list[torch.Tensor]:
    return [torch.rand_like(x), torch.nn.functional.dropout(w, 0.5)]


def described(graph: Graph) -> list[tuple]:
    """Return each operation with its arguments; nodes are numbers."""
    numbers = {node: number for number, node in enumerate(graph.nodes())}

    def number(value: Any) -> Any:
        return f"%{numbers[value]}" if isinstance(value, Node) else value

    return [
        (
            node.target,
            mapped(number, node.args),
            {k: mapped(number, v) for k, v in node.kwargs.items()},
        )
        for node in graph.operations
    ] + [mapped(number, graph.outputs)]


def described_by_torch(graph: fx.Graph) -> list[tuple]:
    numbers = {node: number for number, node in enumerate(graph.nodes)}
    found = []
    for node in graph.nodes:
        args, kwargs = map_arg(
            (node.args, node.kwargs), lambda used: f"%{numbers[used]}"
        )
        target = ATTRIBUTE if node.op == "get_attr" else node.target
        if node.op == "output":
            found.append(args[0])
        elif node.op != "placeholder":
            found.append((target, args, kwargs))
    return found


def inputs() -> list[torch.Tensor]:
    drawn = torch.Generator().manual_seed(0)
    return [torch.randn(size, generator=drawn) for size in ((2, 3), (3, 3))]


@pytest.mark.parametrize(
    "function",
    [backward, in_place, several_results, numbers_in_the_code, random_numbers],
)
def test_operations(function: Callable[..., Sequence[torch.Tensor]]) -> None:
    ours = Trace().run(function, inputs())
    theirs = make_fx(function)(*inputs()).graph
    assert len(ours.operations) > 2
    assert described(ours) == described_by_torch(theirs)
    *nodes, _ = theirs.nodes  # without the output
    for ours_node, node in zip(ours.nodes(), nodes, strict=True):
        if isinstance(node.meta.get("val"), torch.Tensor):
            layout, value = ours_node.layout, node.meta["val"]
            assert (layout.shape, layout.strides) == (value.shape, value.stride())
            assert (layout.dtype, layout.device) == (value.dtype, value.device)


def test_only_numbers_in_the_code_are_constant() -> None:
    trace = Trace()

    def function(x: torch.Tensor) -> list[torch.Tensor]:
        one = torch.tensor(1.0)
        two = one * 2
        assert trace.is_constant(one)
        assert trace.is_constant(two)
        for other in (x, x.sum(), one + x.sum(), torch.ones(()), SCALE, SCALE * one):
            assert not trace.is_constant(other)
        two += x.sum()
        assert not trace.is_constant(two)
        return [two]

    trace.run(function, [torch.ones(2)])


def test_a_tensor_of_a_subclass_is_refused() -> None:
    class Marked(torch.Tensor):
        pass

    marked = torch.ones(2).as_subclass(Marked)
    with pytest.raises(UntraceableError, match="Marked"):
        Trace().run(lambda x: [x + marked], [torch.ones(2)])
