"""The forward and backward loops of an LSTM, for TensorFlow; `lstm` says why."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf


@tf.custom_gradient
def hidden_states(
    sequence: tf.Tensor,
    hidden: tf.Tensor,
    cell: tf.Tensor,
    kernel: tf.Tensor,
    recurrent: tf.Tensor,
    bias: tf.Tensor,
) -> tuple:
    """Return every state, and the last cell; and the function of their gradients."""
    projected = _apply(sequence, kernel) + bias

    def step(now: tf.Tensor, hidden: tf.Tensor, cell: tf.Tensor, _: Any) -> tuple:
        gates = tf.gather(projected, now) + tf.matmul(hidden, recurrent)
        i, f, g, o = tf.split(gates, 4, axis=1)
        i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
        cell = f * cell + i * g
        return o * tf.tanh(cell), cell, tf.concat([i, f, g, o], 1)

    initial = hidden, cell, tf.zeros_like(projected[0])
    states, cells, gates = _loop(sequence, step, initial, reverse=False)

    def gradient(d_states: tf.Tensor, d_last_cell: tf.Tensor) -> tuple:
        former_states = tf.concat([hidden[None], states[:-1]], 0)
        former_cells = tf.concat([cell[None], cells[:-1]], 0)
        turned = tf.transpose(recurrent)

        def step(now: tf.Tensor, d_gates: tf.Tensor, d_cell: tf.Tensor) -> tuple:
            i, f, g, o = tf.split(tf.gather(gates, now), 4, axis=1)
            shown = tf.tanh(tf.gather(cells, now))
            d_hidden = tf.gather(d_states, now) + tf.matmul(d_gates, turned)
            d_cell += tf.raw_ops.TanhGrad(y=shown, dy=o) * d_hidden
            d_four = [
                tf.raw_ops.SigmoidGrad(y=i, dy=g) * d_cell,
                tf.raw_ops.SigmoidGrad(y=f, dy=tf.gather(former_cells, now)) * d_cell,
                tf.raw_ops.TanhGrad(y=g, dy=i) * d_cell,
                tf.raw_ops.SigmoidGrad(y=o, dy=shown) * d_hidden,
            ]
            return tf.concat(d_four, 1), d_cell * f

        none = tf.zeros_like(projected[0])
        d_gates, d_cells = _loop(sequence, step, (none, d_last_cell), reverse=True)
        return (
            _apply(d_gates, tf.transpose(kernel)),
            tf.matmul(d_gates[0], recurrent, transpose_b=True),
            d_cells[0],
            _summed_product(sequence, d_gates),
            _summed_product(former_states, d_gates),
            tf.reduce_sum(d_gates, (0, 1)),
        )

    return (states, cells[-1]), gradient


def _apply(sequence: tf.Tensor, matrix: tf.Tensor) -> tf.Tensor:
    """Multiply every vector of `(time, batch, ·)` by a matrix, all at once."""
    rows = tf.matmul(_rows(sequence), matrix)
    return tf.reshape(rows, (*tf.unstack(tf.shape(sequence)[:2]), rows.shape[-1]))


def _summed_product(left: tf.Tensor, right: tf.Tensor) -> tf.Tensor:
    """Return the outer products of vectors of `(time, batch, ·)`, summed."""
    return tf.matmul(_rows(left), _rows(right), transpose_a=True)


def _rows(sequence: tf.Tensor) -> tf.Tensor:
    return tf.reshape(sequence, (-1, sequence.shape[-1]))


def _loop(
    sequence: tf.Tensor, step: Callable, initial: tuple, *, reverse: bool
) -> tuple:
    """Carry two tensors through time; return each as it is after every step."""
    length = tf.shape(sequence)[0]
    arrays = tuple(tf.TensorArray(part.dtype, length) for part in initial)

    def body(count: tf.Tensor, arrays: tuple, carry: tuple) -> tuple:
        now = length - 1 - count if reverse else count
        carry = step(now, *carry)
        written = (a.write(now, part) for a, part in zip(arrays, carry, strict=True))
        return count + 1, tuple(written), carry

    _, arrays, _ = tf.while_loop(
        lambda count, *_: count < length,
        body,
        (0, arrays, initial),
        parallel_iterations=1,
    )
    return tuple(array.stack() for array in arrays)
