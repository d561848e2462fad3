"""A simplified graph computes what it computed, with less."""

from collections.abc import Callable

import pytest
import torch
from torch.fx import GraphModule

from kerasdl.backend.fused.torch_compile import for_compiler
from kerasdl.backend.fused.torch_graph import (
    NotRecordableError,
    simplify,
    write_back,
)
from kerasdl.backend.fused.torch_trace import Trace

aten = torch.ops.aten


def operations(function: Callable, *inputs: torch.Tensor) -> list:
    """Return the operations left; what they compute must be what the function does."""
    graph = Trace().run(function, inputs)
    constants = simplify(graph)
    module = GraphModule(torch.nn.Module(), for_compiler(graph))
    copies = [tensor.clone() for tensor in inputs]
    expected = function(*copies)
    torch.testing.assert_close(module(*inputs, *constants), expected)
    return [node.target for node in graph.operations]


X = torch.arange(6.0).reshape(2, 3)


def test_what_is_computed_twice_is_computed_once() -> None:
    left = operations(lambda x: [x.exp() + x.exp().sum()], X)
    assert left.count(aten.exp.default) == 1


def test_constants_are_computed_beforehand() -> None:
    left = operations(lambda x: [x + torch.ones(3).cumsum(0) * 2], X)
    assert left == [aten.add.Tensor]


def test_what_nobody_reads_is_gone() -> None:
    def function(x: torch.Tensor) -> list:
        x.exp()
        return [x.detach() + 1]

    assert operations(function, X) == [aten.add.Tensor]


@pytest.mark.parametrize("batch", [(2,), (2, 4)])
def test_a_bias_is_added_by_the_kernel_that_multiplies(batch: tuple) -> None:
    x, w, bias = torch.randn(*batch, 3), torch.randn(3, 5), torch.randn(5)
    left = operations(lambda x, w, bias: [x @ w + bias], x, w, bias)
    assert aten.addmm.default in left
    assert aten.add.Tensor not in left
    left = operations(lambda x, w, bias: [x @ w, x @ w + bias], x, w, bias)
    assert aten.addmm.default not in left


def test_a_product_stays_before_what_overwrites_its_factors() -> None:
    def function(x: torch.Tensor, w: torch.Tensor, bias: torch.Tensor) -> list:
        product = x @ w
        w.add_(1)
        return [product + bias, w + 0]

    graph = Trace().run(function, [torch.ones(2, 3), torch.ones(3, 5), torch.ones(5)])
    simplify(graph)
    assert aten.addmm.default not in [node.target for node in graph.operations]


def test_random_draws_are_neither_merged_nor_fixed() -> None:
    graph = Trace().run(lambda x: [torch.rand(3) + torch.rand(3)], [X])
    simplify(graph)
    targets = [node.target for node in graph.operations]
    assert targets.count(aten.rand.default) == 2


def test_what_is_written_to_is_not_merged() -> None:
    def function(x: torch.Tensor) -> list:
        one, two = torch.zeros(3), torch.zeros(3)
        one += x[0]
        return [one + two]

    operations(function, X)


def test_what_is_written_by_name_counts_as_written() -> None:
    def function(x: torch.Tensor) -> list:
        sums = torch.zeros(3)
        torch.sum(x, 0, out=sums)
        return [sums + torch.zeros(3)]

    operations(function, X)


@pytest.mark.parametrize("order", [(1, 0), (-1, 0), (-1, -2), (0, 1), (-2, -1)])
def test_axes_in_their_order_are_not_permuted(order: tuple[int, int]) -> None:
    square = torch.arange(9.0).reshape(3, 3)
    left = operations(lambda x: [torch.permute(x, order) + 1], square)
    moves = [axis % 2 for axis in order] != [0, 1]
    assert (aten.permute.default in left) == moves


def test_a_tensor_from_outside_must_not_change() -> None:
    outside = torch.zeros(3)
    graph = Trace().run(lambda x: [outside.add_(x[0])], [X])
    with pytest.raises(NotRecordableError, match="not a Keras variable"):
        simplify(graph)


def test_state_is_written_back() -> None:
    graph = Trace().run(lambda state, x: [state + x, x.sum()], [X, X.clone()])
    simplify(graph)
    write_back(graph, [0])
    module = GraphModule(torch.nn.Module(), for_compiler(graph))
    state = X.clone()
    [total] = module(state, X)
    torch.testing.assert_close(state, 2 * X)
    assert total == X.sum()
