"""Models, and their operations counted by hand."""

import keras

import kerasdl


def functional(*stack, shape, dtype="float32") -> keras.Model:
    """Return a model of layers, one after another."""
    x = inputs = keras.Input(shape, dtype=dtype)
    for layer in stack:
        x = layer(x)
    return keras.Model(inputs, x)


def flops(*stack, shape, dtype="float32") -> int:
    """Return the operations of a model of which all are counted."""
    cost = kerasdl.cost(functional(*stack, shape=shape, dtype=dtype))
    assert cost.not_counted == []
    return cost.flops


def lstm(time: int, width: int, units: int) -> int:
    """Return the operations of an LSTM, counted by hand."""
    """Gates 8u(x + u) + 4u + 4u + 4u, state 3u, output 2u; biased."""
    return time * (8 * units * (width + units) + 17 * units)


def block(time: int, width: int, mlp: int, heads: int) -> int:
    """Return the operations of a transformer block, counted by hand."""
    projections = 4 * time * width * (2 * width + 1)
    attention = time**2 * (4 * width + 2 * heads)
    feed_forward = time * (mlp * (2 * width + 1) + mlp + width * (2 * mlp + 1))
    return projections + attention + feed_forward + (2 * 7 + 2) * time * width
