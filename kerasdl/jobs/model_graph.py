"""The graph of a functional model, for the report."""

import math
from collections.abc import Sequence
from typing import Any

import keras

from kerasdl.backend.keras_internals import (
    flatten_layers,
    forget_calls,
    graph_calls,
)
from kerasdl.diagnostics.folded_steps import INPUT, Step, folded
from kerasdl.figures import LayerGraph

MOST_ROWS = 120
MOST_INSIDE = 30
"""Steps inside of a layer; one of more is not opened."""


def model_graph(model: keras.Model) -> LayerGraph | None:
    """Return the graph of a model; None if it is no graph of layers.

    Layers of your own and nested models show what they call. Blocks that follow one
    another and are equal stand once.
    """
    steps = folded(_steps(model))
    if not steps:
        return None
    if sum(1 + len(step.inside) for step in steps) > MOST_ROWS:
        steps = [step.without_inside() if step.repeats == 1 else step for step in steps]
    shown = []
    while steps and sum(1 + len(step.inside) for step in shown) < MOST_ROWS:
        shown.append(steps.pop(0))
    note = "The table lists the layers that follow." if steps else ""
    return _graph(shown, note)


def _graph(steps: Sequence[Step], note: str) -> LayerGraph:
    """Return steps as rows; what is inside a step follows it."""
    rows: list[tuple[Step, int]] = []
    edges: set[tuple[int, int]] = set()
    ends: list[int] = []
    for step in steps:
        head = len(rows)
        edges |= {(ends[source], head) for source in step.sources if source != INPUT}
        rows.append((step, 0))
        for part in step.inside:
            edges |= {(head + 1 + source, len(rows)) for source in part.sources}
            rows.append((part, 1))
        ends.append(len(rows) - 1)
    return LayerGraph(
        "Architecture",
        [step.name for step, _ in rows],
        [step.kind for step, _ in rows],
        [step.output for step, _ in rows],
        [step.parameters for step, _ in rows],
        [step.repeats for step, _ in rows],
        [depth for _, depth in rows],
        [[*edge] for edge in sorted(edges)],
        note,
    )


def _steps(model: Any, inputs: Sequence[Any] = ()) -> list[Step]:
    """Return the layers of a functional model in the order of the computation.

    Args:
        model: The model, or what is inside of a layer.
        inputs: What the layer takes.
    """
    nodes = [
        node
        for node in _chained(graph_calls(model))
        if not (inputs and isinstance(node.operation, keras.layers.InputLayer))
    ]
    made = {id(tensor): INPUT for tensor in inputs}
    made |= {id(t): n for n, node in enumerate(nodes) for t in node.output_tensors}
    steps, seen = [], set()
    for node in nodes:
        operation, given = node.operation, node.output_tensors
        sources = {made[id(t)] for t in node.input_tensors if id(t) in made}
        inside = [] if inputs else _inside(node)
        sides = given[0].shape[1:] if given else ()
        shape = " × ".join("any" if side is None else str(side) for side in sides)
        weights = None if id(operation) in seen else _parameters(operation)
        seen.add(id(operation))
        kind, taken = type(operation).__name__, tuple(sorted(sources))
        name = operation.name
        steps.append(Step(name, kind, shape, weights, taken, tuple(inside)))
    return steps


def _inside(node: Any) -> list[Step]:
    """Return what a nested model or a layer of several layers, not Keras's own, calls."""
    layer, arguments = node.operation, node.arguments
    own = type(layer).__module__.startswith("keras.")
    if isinstance(layer, keras.Model):
        return _steps(layer, layer.inputs) if graph_calls(layer) else []
    if own or len(flatten_layers(layer)) <= 2:
        return []
    taken: list[keras.KerasTensor] = []

    def anew(value: Any) -> Any:
        if not isinstance(value, keras.KerasTensor):
            return value
        taken.append(keras.KerasTensor((1, *value.shape[1:]), value.dtype))
        return taken[-1]

    args, kwargs = keras.tree.map_structure(anew, (arguments.args, arguments.kwargs))
    kwargs.pop("training", None)
    try:
        function = keras.Function(taken, layer.call(*args, **kwargs))
    except Exception:  # noqa: BLE001  the layer of a stranger, called out of its way
        return []
    forget_calls(graph_calls(function))
    steps = _steps(function, taken)
    return steps if len(steps) <= MOST_INSIDE else []


def _chained(nodes: Sequence[Any]) -> list[Any]:
    """Return nodes in an order in which each branch is whole, as far as it can be."""
    made = {id(t): n for n, node in enumerate(nodes) for t in node.output_tensors}
    missing = [
        {made[id(t)] for t in node.input_tensors if id(t) in made} - {n}
        for n, node in enumerate(nodes)
    ]
    users: list[list[int]] = [[] for _ in nodes]
    for n, sources in enumerate(missing):
        for source in sources:
            users[source].append(n)
    order, ready = [], [n for n, sources in enumerate(missing) if not sources][::-1]
    while ready:
        order.append(number := ready.pop())
        for user in users[number][::-1]:
            missing[user].discard(number)
            if not missing[user]:
                ready.append(user)
    return [nodes[number] for number in order]


def _parameters(operation: Any) -> int | None:
    """Return the number of the weights of a layer; None if it has none."""
    weights = getattr(operation, "weights", None) or []
    return sum(math.prod(each.shape) for each in weights) or None
