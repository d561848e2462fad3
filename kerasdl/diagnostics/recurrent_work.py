"""What recurrent layers compute and keep for one example."""

from typing import Any

from keras import layers

from kerasdl.backend.layer_calls import Call
from kerasdl.backend.work import Rule, Work, numbers


def _lstm_step(cell: Any, width: int) -> tuple[int, int]:
    """Return the operations of a step, and the numbers that it keeps.

    Four gates: two products, their sum, the bias and the activation. The state takes
    three operations, its activation one and the output one. Gates, state and output are
    kept.
    """
    units = cell.units
    gates = 4 * units * (2 * (width + units) + 2 + cell.use_bias)
    return gates + 5 * units, 6 * units


def _gru_step(cell: Any, width: int) -> tuple[int, int]:
    """Return the operations of a step, and the numbers that it keeps.

    Two gates and the candidate: two products, their sum, the bias, which `reset_after`
    doubles, and the activation. The reset gate takes one operation, the new state four.
    """
    units = cell.units
    biases = cell.use_bias * (2 if cell.reset_after else 1)
    gates = 3 * units * (2 * (width + units) + 2 + biases)
    return gates + 5 * units, 4 * units


def _simple_step(cell: Any, width: int) -> tuple[int, int]:
    """Return the operations of a step, and the numbers that it keeps."""
    units = cell.units
    return units * (2 * (width + units) + 2 + cell.use_bias), units


STEPS = {
    layers.LSTMCell: _lstm_step,
    layers.GRUCell: _gru_step,
    layers.SimpleRNNCell: _simple_step,
}


def has_unknown_cells(layer: Any) -> bool:
    """Return whether a layer is recurrent with cells that cannot be counted."""
    if isinstance(layer, layers.Bidirectional):
        both = layer.forward_layer, layer.backward_layer
        return any(map(has_unknown_cells, both))
    if not isinstance(layer, layers.RNN):
        return False
    return any(type(cell) not in STEPS for cell in _cells(layer))


def _cells(layer: Any) -> list[Any]:
    """Return the cells of a step, in order."""
    return list(getattr(layer.cell, "cells", [layer.cell]))


def recurrent(layer: Any, call: Call) -> Work:
    """Return the work of all steps of a sequence."""
    _, time, width = call.input
    flops = kept = 0
    for cell in _cells(layer):
        for_step = STEPS[type(cell)](cell, width)
        flops, kept = flops + time * for_step[0], kept + time * for_step[1]
        width = cell.units
    return Work(flops, kept, whole=True)


def bidirectional(layer: Any, call: Call) -> Work:
    """Return the work of both directions, and of joining them."""
    forward = recurrent(layer.forward_layer, call)
    backward = recurrent(layer.backward_layer, call)
    joined = {"sum": 1, "mul": 1, "ave": 2}.get(layer.merge_mode, 0)
    size = sum(map(numbers, call.outputs))
    flops = forward.flops + backward.flops + joined * numbers(call.output)
    return Work(flops, forward.kept + backward.kept + size, whole=True)


RECURRENT: dict[type, Rule] = {
    layers.LSTM: recurrent,
    layers.GRU: recurrent,
    layers.SimpleRNN: recurrent,
    layers.RNN: recurrent,
    layers.Bidirectional: bidirectional,
}
