"""The work of a call of a layer: operations, and numbers to keep."""

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

import keras

from kerasdl.backend.layer_calls import Call, Shape


class Work(NamedTuple):
    """What a call does for one example.

    Args:
        flops: Floating-point operations; a multiplication and an addition are two.
        kept: Numbers that the gradient may need: outputs, and results on the way.
        whole: Whether the calls inside are included.
    """

    flops: int
    kept: int
    whole: bool = False


Rule = Callable[[Any, Call], Work]
"""Returns the work of a layer or operation and its call."""


def numbers(shape: Shape) -> int:
    """Return how many numbers a tensor of one example has."""
    return prod(shape)


def activated(activation: Any, results: int) -> int:
    """Return the operations of an activation: one a number, none if it is linear."""
    function = keras.activations.get(activation)
    return 0 if function is keras.activations.linear else results


def each(operations: int) -> Rule:
    """Return the rule of so many operations for each number of the output."""

    def rule(layer: Any, call: Call) -> Work:
        size = numbers(call.output)
        return Work(operations * size, size)

    return rule


def nothing(layer: Any, call: Call) -> Work:
    """Return no work: the output is the input in another form."""
    return Work(0, 0)


def drops(layer: Any, call: Call) -> Work:
    """Return the work of a dropout, which computes only in training."""
    return Work(0, numbers(call.output) if layer.rate else 0)
