"""Simplify a recorded graph: remove what need not be repeated at each step."""

import operator
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import torch

from kerasdl.backend.fused.torch_kernels import FLOAT32_BYTES
from kerasdl.backend.fused.torch_nodes import (
    ATTRIBUTE,
    INPUT,
    Graph,
    Layout,
    Node,
    mapped,
)

aten = torch.ops.aten


class NotRecordableError(Exception):
    """A step whose record would behave differently."""


IDENTITY = (aten.detach.default, aten.alias.default)
"""Operations that matter only to automatic differentiation, which is done."""
SHAPE_ONLY = (aten.ones_like.default, aten.zeros_like.default)
"""Operations that depend only on the shape of the argument, which is fixed."""
UNDECLARED_VIEWS = (
    aten._unsafe_view.default,
    aten.unsafe_split.Tensor,
    aten.unsafe_split_with_sizes.default,
)
"""Operations that share memory with the argument without declaring it."""


def simplify(graph: Graph) -> list[torch.Tensor]:
    """Remove no-ops, repeated operations and constants from a graph.

    Returns:
        The constants; they become the last inputs of the graph.

    Raises:
        NotRecordableError: If the graph changes a tensor that is not a Keras variable.
    """
    graph.rewrite(lambda node: node.args[0] if _is_identity(node) else node)
    graph.drop_unused(_has_effect)
    written = _written(graph)
    if any(node.target is ATTRIBUTE for node in written):
        raise NotRecordableError("it changes a tensor that is not a Keras variable")
    _fold_constants(graph, written)
    _merge_duplicates(graph, written)
    _fuse_addmm(graph, written)
    graph.drop_unused(_has_effect)
    return _constants_as_inputs(graph)


def write_back(graph: Graph, changed: list[int]) -> None:
    """Make the graph copy new values into the state and return only the rest.

    Args:
        graph: The graph, whose first inputs are the state and whose first outputs
            are new values.
        changed: For each new value, the index of its input.
    """
    values = graph.outputs[: len(changed)]
    graph.outputs = graph.outputs[len(changed) :]
    by_dtype: dict[Any, list[tuple[Node, Node]]] = {}
    for number, value in zip(changed, values, strict=True):
        pairs = by_dtype.setdefault(value.layout.dtype, [])
        pairs.append((graph.inputs[number], value))
    for pairs in by_dtype.values():
        targets, sources = (list(side) for side in zip(*pairs, strict=True))
        graph.add(aten._foreach_copy_.default, targets, sources)


def separate_outputs(graph: Graph, count: int) -> None:
    """Keep the last outputs out of memory that the record uses again.

    Args:
        graph: The graph, whose other outputs are not used after the step.
        count: The number of outputs that outlive the step.
    """
    owners = _owners(graph)
    used = {*graph.inputs, *(n for n in graph.operations if n.target is ATTRIBUTE)}
    for number in range(len(graph.outputs) - count, len(graph.outputs)):
        result = graph.outputs[number]
        layout = result.layout
        is_expanded = 0 in layout.strides and layout.shape.numel() > 1
        if owners[result] in used or is_expanded:
            copy = graph.add(aten.clone.default, result, layout=layout)
            copy.kwargs = {"memory_format": torch.contiguous_format}
            graph.outputs[number] = copy
        used.add(owners[result])


def needs_grad_mode(graph: Graph) -> bool:
    """Return whether an operation saves its backward's inputs only in gradient mode."""
    targets = {node.target for node in graph.operations}
    return aten.mkldnn_rnn_layer_backward.default in targets


def _is_identity(node: Node) -> bool:
    if node.target is aten.permute.default:
        order = node.args[1]
        return [axis % len(order) for axis in order] == list(range(len(order)))
    return node.target in IDENTITY


class _Effects(NamedTuple):
    """What an operation does, by its schema.

    Args:
        is_pure: Whether it is deterministic and has no side effect.
        writes: The positions and names of the arguments that it writes to.
        shares: Those whose memory its result shares.
    """

    is_pure: bool
    writes: tuple[tuple[int, str], ...]
    shares: tuple[tuple[int, str], ...]


@cache
def _effects(target: Any) -> _Effects:
    """Return what the operation of a node does."""
    if target is operator.getitem or target in UNDECLARED_VIEWS:
        return _Effects(True, (), ((0, "self"),))
    if not isinstance(target, torch._ops.OpOverload):
        return _Effects(False, (), ())
    schema = target._schema
    aliases = [
        (place, argument.name, argument.alias_info.is_write)
        for place, argument in enumerate(schema.arguments)
        if argument.alias_info is not None
    ]
    draws = torch.Tag.nondeterministic_seeded in target.tags
    shares = any(result.alias_info for result in schema.returns)
    return _Effects(
        not draws and not schema.is_mutable,
        tuple((place, name) for place, name, is_write in aliases if is_write),
        tuple((place, name) for place, name, _ in aliases) if shares else (),
    )


def _is_pure(node: Node) -> bool:
    return _effects(node.target).is_pure


def _has_effect(node: Node) -> bool:
    return node.target is not ATTRIBUTE and not _is_pure(node)


def _given(node: Node, places: tuple[tuple[int, str], ...]) -> Iterator[Any]:
    """Yield those of some arguments that are given."""
    for place, name in places:
        if place < len(node.args):
            yield node.args[place]
        elif name in node.kwargs:
            yield node.kwargs[name]


def _written(graph: Graph) -> set[Node]:
    """Return the nodes whose memory an operation writes to."""
    owners = _owners(graph)
    written: set[Node] = set()
    for node in graph.operations:
        for value in _given(node, _effects(node.target).writes):
            targets = value if isinstance(value, (list, tuple)) else [value]
            written.update(owners[target] for target in targets)
    return {node for node, owner in owners.items() if owner in written}


def _owners(graph: Graph) -> dict[Node, Node]:
    """Return, for each node, the node that owns its memory."""
    owners = {node: node for node in graph.inputs}
    for node in graph.operations:
        shared = next(_given(node, _effects(node.target).shares), None)
        owners[node] = owners[shared] if isinstance(shared, Node) else node
    return owners


def _fold_constants(graph: Graph, written: set[Node]) -> None:
    """Compute once the nodes that depend on nothing that changes."""
    constants: dict[Node, Any] = {}

    def value(argument: Any) -> Any:
        return constants[argument] if isinstance(argument, Node) else argument

    def folded(node: Node) -> Node:
        if node in written or not _is_pure(node):
            return node
        used = node.used()
        if node.target is aten.lift_fresh_copy.default and used[0].tensor is not None:
            result = used[0].tensor
        elif node.target in SHAPE_ONLY:
            result = node.target(_empty(node.layout))
        elif all(each in constants for each in used):
            named = {key: mapped(value, each) for key, each in node.kwargs.items()}
            result = node.target(*mapped(value, node.args), **named)
        else:
            return node
        constant = node
        if isinstance(result, torch.Tensor):
            constant = graph.add(ATTRIBUTE, layout=node.layout)
            constant.tensor = result
        constants[constant] = result
        return constant

    graph.rewrite(folded)


def _empty(layout: Layout) -> torch.Tensor:
    """Return an uninitialized tensor."""
    placed = {"dtype": layout.dtype, "device": layout.device}
    return torch.empty_strided(layout.shape, layout.strides, **placed)


def _merge_duplicates(graph: Graph, written: set[Node]) -> None:
    """Compute repeated operations once per step."""
    first: dict[str, Node] = {}

    def merged(node: Node) -> Node:
        if not _is_pure(node) or not written.isdisjoint([node, *node.used()]):
            return node
        key = repr((node.target, node.args, node.kwargs))
        return first.setdefault(key, node)

    graph.rewrite(merged)


def _fuse_addmm(graph: Graph, written: set[Node]) -> None:
    """Fuse a matrix product and the addition of a bias into `addmm`."""
    uses = Counter(graph.outputs)
    for node in graph.operations:
        uses.update(set(node.used()))

    def fused(node: Node) -> Node:
        if node.target is not aten.add.Tensor or node.kwargs or len(node.args) != 2:
            return node
        product, bias = node.args
        if not isinstance(bias, Node) or uses[product] > 1:
            return node
        views = product.target in (aten.view.default, aten._unsafe_view.default)
        matrix = product.args[0] if views else product
        if matrix.target is not aten.mm.default or uses[matrix] > 1:
            return node
        if not written.isdisjoint([bias, matrix, product, *matrix.args]):
            return node
        value, added = matrix.layout, bias.layout
        if added is None or added.shape != value.shape[1:]:
            return node
        if added.dtype != value.dtype or value.dtype.itemsize < FLOAT32_BYTES:
            return node  # below float32, each of the two operations rounds
        if product.layout.shape[-1:] != value.shape[1:]:
            return node
        sum_ = graph.add(aten.addmm.default, bias, *matrix.args, layout=value)
        if not views:
            return sum_
        view = aten.view.default, sum_, product.args[1]
        return graph.add(*view, layout=product.layout)

    graph.rewrite(fused)


def _constants_as_inputs(graph: Graph) -> list[torch.Tensor]:
    constants = [node for node in graph.operations if node.target is ATTRIBUTE]
    graph.operations = [n for n in graph.operations if n.target is not ATTRIBUTE]
    graph.inputs += constants
    for node in constants:
        node.target = INPUT
    return [node.tensor for node in constants]
