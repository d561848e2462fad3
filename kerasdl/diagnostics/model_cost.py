"""What a model computes and keeps for an example, layer by layer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import keras

from kerasdl.backend.keras_internals import Functional, dtype_size
from kerasdl.backend.layer_calls import Call
from kerasdl.backend.work import Rule, Work, nothing
from kerasdl.diagnostics.layer_work import KERAS_LAYERS
from kerasdl.diagnostics.operation_work import OPERATIONS
from kerasdl.diagnostics.recurrent_work import has_unknown_cells


@dataclass(frozen=True)
class LayerCost:
    """What a layer costs.

    Args:
        name: Its name.
        kind: The name of its class.
        output: Shape of its output for one example, with a batch of None.
        parameters: Number of its weights.
        flops: Floating-point operations for one example.
        activation_bytes: Memory of what the gradient needs of one example.
        calls: How often the model calls it.
    """

    name: str
    kind: str
    output: tuple[int | None, ...]
    parameters: int
    flops: int
    activation_bytes: int
    calls: int = 1


def layer_costs(
    root: Call, rules: Mapping[type, Rule]
) -> tuple[list[LayerCost], list[str]]:
    """Return what the layers of a model cost, and the names of what is not counted.

    Args:
        root: The call of the model.
        rules: The rules of layers that are not of Keras, by class.
    """
    rules = {**KERAS_LAYERS, **rules}
    costs: dict[int, LayerCost] = {}
    unknown = _unknown(root, rules)
    for call in root.calls:
        flops, size, names = _total(call, rules)
        layer, unknown = call.operation, unknown + names
        former = costs.get(id(layer)) or LayerCost(
            layer.name,
            type(layer).__name__,
            (None, *call.output[1:]) if call.outputs else (),
            _parameters(layer),
            flops=0,
            activation_bytes=0,
            calls=0,
        )
        costs[id(layer)] = replace(
            former,
            flops=former.flops + flops,
            activation_bytes=former.activation_bytes + size,
            calls=former.calls + 1,
        )
    return [*costs.values()], [*dict.fromkeys(unknown)]


def _parameters(operation: Any) -> int:
    is_layer = isinstance(operation, keras.layers.Layer)
    return operation.count_params() if is_layer else 0


def _total(call: Call, rules: Mapping[type, Rule]) -> tuple[int, int, list[str]]:
    """Return operations, bytes and what is not counted of a call and those inside."""
    layer, unknown = call.operation, _unknown(call, rules)
    rule = _rule(layer, rules)
    work = rule(layer, call) if rule else Work(0, 0)
    flops, size = work.flops, work.kept * _bytes(call)
    for each in () if work.whole else call.calls:
        inner_flops, inner_size, names = _total(each, rules)
        flops += call.repeats * inner_flops
        size += call.repeats * inner_size
        unknown += [f"{layer.name}/{name}" for name in names]
    return flops, size, unknown


def _bytes(call: Call) -> int:
    """Return the bytes of a number; floats have the dtype that the layer computes in.

    Where only shapes are known, PyTorch leaves float32.
    """
    dtype = call.dtype
    if "float" in dtype and isinstance(call.operation, keras.layers.Layer):
        dtype = call.operation.compute_dtype
    return dtype_size(dtype) // 8


def _unknown(call: Call, rules: Mapping[type, Rule]) -> list[str]:
    """Return the name of a layer without a rule."""
    layer = call.operation
    if _rule(layer, rules):
        return []
    inner = " besides the layers in it" if call.calls else ""
    return [f"{layer.name} ({type(layer).__name__}){inner}"]


def _rule(operation: Any, rules: Mapping[type, Rule]) -> Rule | None:
    """Return the rule of a layer or operation, if there is one.

    A subclass has the rule of its class unless it overrides `call`.
    """
    kinds = type(operation).__mro__
    if not isinstance(operation, keras.layers.Layer):
        is_keras = type(operation).__module__.startswith("keras.")
        return OPERATIONS.get(type(operation).__name__) if is_keras else None
    if has_unknown_cells(operation):
        return None
    for kind in kinds:
        rule = nothing if kind in (Functional, keras.Sequential) else rules.get(kind)
        if rule:
            return rule if type(operation).call is kind.call else None
    return None
