"""The interpreter does what the graph says, in its order."""

from collections.abc import Callable

import pytest
import torch

from kerasdl.backend.fused.torch_graph import NotRecordableError
from kerasdl.backend.fused.torch_interpreter import interpreted
from kerasdl.backend.fused.torch_nodes import INPUT, Graph, Node
from kerasdl.backend.fused.torch_trace import Trace

aten = torch.ops.aten


def check(function: Callable, *inputs: torch.Tensor) -> None:
    """Compare what is returned, and what becomes of the inputs, run after run."""
    run = interpreted(Trace().run(function, [tensor.clone() for tensor in inputs]))
    ours, theirs = ([tensor.clone() for tensor in inputs] for _ in range(2))
    with torch.no_grad():
        for _ in range(3):
            torch.manual_seed(0)
            expected = function(*theirs)
            torch.manual_seed(0)
            returned = run(*ours)
            torch.testing.assert_close(list(returned), expected, rtol=0, atol=0)
            torch.testing.assert_close(ours, theirs, rtol=0, atol=0)


X = torch.arange(6.0).reshape(2, 3)


def test_every_kind_of_argument() -> None:
    def function(x: torch.Tensor) -> list[torch.Tensor]:
        mean, deviation = torch.var_mean(x, (0,), correction=0)
        image = x.reshape(1, 1, 2, 3).to(memory_format=torch.channels_last)
        pooled = aten.avg_pool2d.default(image, [1, 2])
        whole = torch.div(x, 2, rounding_mode="floor")
        smooth = torch.nn.functional.gelu(x, approximate="tanh")
        far = x.masked_fill(x > 2, -torch.inf) + torch.full((3,), 2, device=x.device)
        turned = torch.complex(x, x) * (1 + 2j)
        kinds = [x.to(torch.int32), torch.clamp(x, 1), x * 2.5, x.any(), x.to("cpu")]
        return [mean, deviation, pooled, whole, smooth, far, turned, *kinds]

    check(function, X)


def test_results_in_a_list_and_results_of_several_kinds() -> None:
    def function(x: torch.Tensor) -> list[torch.Tensor]:
        left, right = torch._foreach_mul([x, x + 1], 2.0)
        values, where = torch.max(x, 1)
        return [right, left, where, values]

    check(function, X)


def test_a_list_that_is_changed_has_changed_for_those_who_read_it_later() -> None:
    def function(x: torch.Tensor, y: torch.Tensor) -> list[torch.Tensor]:
        before = x * y
        aten._foreach_copy_.default([x], [y])
        after = x * y
        aten._foreach_add_.Scalar([x], 1.0)
        return [before, after]

    check(function, X.clone(), X + 1)


def test_what_returns_nothing_is_done() -> None:
    def function(x: torch.Tensor) -> list[torch.Tensor]:
        aten._foreach_add_.Scalar([x], 1.0)
        return []

    check(function, X.clone())


def test_random_numbers_are_new_at_each_run() -> None:
    run = interpreted(Trace().run(lambda x: [torch.rand_like(x)], [X]))
    assert not torch.equal(run(X)[0], run(X)[0])
    check(lambda x: [x * torch.bernoulli(torch.full((3,), 0.5))], X)


def graph_of(target: object, *others: object) -> Graph:
    """Return a graph of one operation on its input and others."""
    graph = Graph()
    graph.inputs = [Node(INPUT)]
    graph.outputs = [graph.add(target, *graph.inputs, *others)]
    return graph


def test_a_function_of_python_has_no_translation() -> None:
    with pytest.raises(NotRecordableError, match="max"):
        interpreted(graph_of(max, 1))


def test_arguments_that_the_interpreter_does_not_take_are_refused():
    with pytest.raises(NotRecordableError, match=r"aten\.eq\.Scalar"):
        interpreted(graph_of(aten.eq.Scalar, False))


def test_a_constant_is_named_by_its_kind_not_by_its_bytes():
    storage = torch.arange(1000).untyped_storage()
    with pytest.raises(NotRecordableError, match=r"^a \w+ is not a TorchScript"):
        interpreted(graph_of(aten.set_.source_Storage, storage))
