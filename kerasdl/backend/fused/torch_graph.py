"""Simplify a recorded graph: remove what need not be repeated at each step."""

import operator
from typing import Any

import torch
from torch.fx import Graph, Node
from torch.fx.node import map_arg

from kerasdl.backend.fused.torch_kernels import FLOAT32_BYTES
from kerasdl.backend.fused.torch_trace import Layout

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
    for node in graph.nodes:
        if _is_identity(node):
            node.replace_all_uses_with(node.args[0])
    graph.eliminate_dead_code()
    written = _written(graph)
    if any(node.op == "get_attr" for node in written):
        raise NotRecordableError("it changes a tensor that is not a Keras variable")
    _fold_constants(graph, written)
    _merge_duplicates(graph, written)
    _fuse_addmm(graph, written)
    graph.eliminate_dead_code()
    constants = _constants_as_inputs(graph)
    graph.lint()
    return constants


def write_back(graph: Graph, changed: list[int]) -> None:
    """Make the graph copy new values into the state and return only the rest.

    Args:
        graph: The graph, whose first inputs are the state and whose first outputs
            are new values.
        changed: For each new value, the index of its input.
    """
    inputs = [node for node in graph.nodes if node.op == "placeholder"]
    output = next(iter(reversed(graph.nodes)))
    values, rest = output.args[0][: len(changed)], output.args[0][len(changed) :]
    by_dtype: dict[Any, list[tuple[Node, Node]]] = {}
    for number, value in zip(changed, values, strict=True):
        pairs = by_dtype.setdefault(value.meta["layout"].dtype, [])
        pairs.append((inputs[number], value))
    with graph.inserting_before(output):
        for pairs in by_dtype.values():
            targets, sources = (list(side) for side in zip(*pairs, strict=True))
            graph.call_function(aten._foreach_copy_.default, (targets, sources))
    output.args = (rest,)


def separate_outputs(graph: Graph, count: int) -> None:
    """Keep the last outputs out of memory that the record uses again.

    Args:
        graph: The graph, whose other outputs are not used after the step.
        count: The number of outputs that outlive the step.
    """
    output = next(iter(reversed(graph.nodes)))
    results = list(output.args[0])
    owners = _owners(graph)
    used = {node for node in graph.nodes if node.op in ("placeholder", "get_attr")}
    with graph.inserting_before(output):
        for number in range(len(results) - count, len(results)):
            result = results[number]
            layout = result.meta["layout"]
            is_expanded = 0 in layout.strides and layout.shape.numel() > 1
            if owners[result] in used or is_expanded:
                results[number] = graph.call_function(
                    aten.clone.default,
                    (result,),
                    {"memory_format": torch.contiguous_format},
                )
                results[number].meta = result.meta
            used.add(owners[result])
    output.args = (results,)


def needs_grad_mode(graph: Graph) -> bool:
    """Return whether an operation saves its backward's inputs only in gradient mode."""
    targets = {node.target for node in graph.nodes}
    return aten.mkldnn_rnn_layer_backward.default in targets


def _is_identity(node: Node) -> bool:
    if node.target is aten.permute.default:
        order: Any = node.args[1]
        return [axis % len(order) for axis in order] == list(range(len(order)))
    return node.target in IDENTITY


def _overload(node: Node) -> torch._ops.OpOverload | None:
    return node.target if isinstance(node.target, torch._ops.OpOverload) else None


def _is_pure(node: Node) -> bool:
    """Return whether an operation is deterministic and has no side effect."""
    if node.target is operator.getitem:
        return True
    overload = _overload(node)
    if overload is None or torch.Tag.nondeterministic_seeded in overload.tags:
        return False
    return not overload._schema.is_mutable


def _written(graph: Graph) -> set[Node]:
    """Return the nodes whose memory an operation writes to."""
    owners = _owners(graph)
    written: set[Node] = set()
    for node in graph.nodes:
        overload = _overload(node)
        if overload is None:
            continue
        for argument, value in _arguments(node, overload):
            if argument.alias_info is not None and argument.alias_info.is_write:
                targets = value if isinstance(value, (list, tuple)) else [value]
                written.update(owners[target] for target in targets)
    return {node for node, owner in owners.items() if owner in written}


def _owners(graph: Graph) -> dict[Node, Node]:
    """Return, for each node, the node that owns its memory."""
    owners: dict[Node, Node] = {}
    for node in graph.nodes:
        shared = _shared_argument(node)
        owners[node] = node if shared is None else owners[shared]
    return owners


def _shared_argument(node: Node) -> Any:
    """Return the argument whose memory the result shares, or None."""
    if node.target is operator.getitem or node.target in UNDECLARED_VIEWS:
        return node.args[0]
    overload = _overload(node)
    if overload is None or not any(r.alias_info for r in overload._schema.returns):
        return None
    arguments = _arguments(node, overload)
    shared = next(value for argument, value in arguments if argument.alias_info)
    return shared if isinstance(shared, Node) else None


def _arguments(node: Node, overload: torch._ops.OpOverload) -> list[tuple[Any, Any]]:
    """Return each argument of the operation with its value."""
    names = [argument.name for argument in overload._schema.arguments]
    values = dict(zip(names, node.args, strict=False)) | dict(node.kwargs)
    return [(a, values[a.name]) for a in overload._schema.arguments if a.name in values]


def _fold_constants(graph: Graph, written: set[Node]) -> None:
    """Compute once the nodes that depend on nothing that changes."""
    constants: dict[Node, Any] = {}
    for node in graph.nodes:
        if node in written or not _is_pure(node):
            continue
        if node.target is aten.lift_fresh_copy.default:
            constants[node] = node.args[0].meta["tensor"]
        elif node.target in SHAPE_ONLY:
            constants[node] = node.target(_empty(node.meta["layout"]))
        elif all(needed in constants for needed in node.all_input_nodes):
            args, kwargs = map_arg((node.args, node.kwargs), constants.__getitem__)
            constants[node] = node.target(*args, **kwargs)
    for number, (node, value) in enumerate(constants.items()):
        if isinstance(value, torch.Tensor):
            with graph.inserting_before(node):
                constant = graph.get_attr(f"constant_{number}")
            constant.meta = node.meta | {"tensor": value}
            node.replace_all_uses_with(constant)


def _empty(layout: Layout) -> torch.Tensor:
    """Return an uninitialized tensor."""
    placed = {"dtype": layout.dtype, "device": layout.device}
    return torch.empty_strided(layout.shape, layout.strides, **placed)


def _merge_duplicates(graph: Graph, written: set[Node]) -> None:
    """Compute repeated operations once per step."""
    first: dict[str, Node] = {}
    for node in graph.nodes:
        if not _is_pure(node) or written.intersection([node, *node.all_input_nodes]):
            continue
        key = repr((node.target, node.args, node.kwargs))
        if key in first:
            node.replace_all_uses_with(first[key])
        else:
            first[key] = node


def _fuse_addmm(graph: Graph, written: set[Node]) -> None:
    """Fuse a matrix product and the addition of a bias into `addmm`."""
    for node in list(graph.nodes):
        if node.target is not aten.add.Tensor or node.kwargs or len(node.args) != 2:
            continue
        product, bias = node.args
        if not isinstance(bias, Node) or len(product.users) > 1:
            continue
        views = product.target in (aten.view.default, aten._unsafe_view.default)
        matrix = product.args[0] if views else product
        if matrix.target is not aten.mm.default or len(matrix.users) > 1:
            continue
        if written.intersection([bias, matrix, product, *matrix.args]):
            continue
        value, added = matrix.meta["layout"], bias.meta.get("layout")
        if added is None or added.shape != value.shape[1:]:
            continue
        if added.dtype != value.dtype or value.dtype.itemsize < FLOAT32_BYTES:
            continue  # below float32, each of the two operations rounds
        if product.meta["layout"].shape[-1:] != value.shape[1:]:
            continue
        with graph.inserting_before(node):
            fused = graph.call_function(aten.addmm.default, (bias, *matrix.args))
            fused.meta = matrix.meta
            if views:
                shape = product.args[1]
                fused = graph.call_function(aten.view.default, (fused, shape))
                fused.meta = product.meta
        node.replace_all_uses_with(fused)


def _constants_as_inputs(graph: Graph) -> list[torch.Tensor]:
    last = [node for node in graph.nodes if node.op == "placeholder"][-1]
    constants = []
    for node in graph.nodes:
        if node.op == "get_attr":
            with graph.inserting_after(last):
                last = graph.placeholder(f"fixed_{len(constants)}")
            last.meta = node.meta
            node.replace_all_uses_with(last)
            constants.append(node.meta["tensor"])
            graph.erase_node(node)
    return constants
