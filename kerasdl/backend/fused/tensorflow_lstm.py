"""The forward and backward loops of an LSTM, for TensorFlow; `lstm` says why."""

from collections.abc import Callable

import tensorflow as tf


def hidden_states(
    sequence: tf.Tensor, hidden: tf.Tensor, cell: tf.Tensor, *weights: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return every state, and the last cell, of shapes as static as Keras's.

    Each half of the batch goes its own way, and the two run beside each other: the
    products of one step are too small to be shared among threads.
    """
    half = tf.shape(hidden)[0] // 2
    states, cells = zip(
        *(
            _hidden_states(sequence[:, rows], hidden[rows], cell[rows], *weights)
            for rows in (slice(None, half), slice(half, None))
        ),
        strict=True,
    )
    states, cell = tf.concat(states, 1), tf.concat(cells, 0)
    # A loop and a slice forget these; layers such as `TimeDistributed` build on them.
    length, batch, units = *sequence.shape[:2], hidden.shape[-1]
    states.set_shape((length, batch, units))
    cell.set_shape((batch, units))
    return states, cell


@tf.custom_gradient
def _hidden_states(
    sequence: tf.Tensor,
    hidden: tf.Tensor,
    cell: tf.Tensor,
    kernel: tf.Tensor,
    recurrent: tf.Tensor,
    bias: tf.Tensor,
) -> tuple:
    """Return states and cell, and the function of their gradients."""
    projected = _apply(sequence, kernel) + bias

    def step(now: list, carry: tuple) -> tuple:
        (projected,), (hidden, former_cell) = now, carry
        gates = projected + tf.matmul(hidden, recurrent)
        i, f, g, o = tf.split(gates, 4, axis=1)
        i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
        cell = f * former_cell + i * g
        shown = tf.tanh(cell)
        hidden = o * shown
        known = tf.concat([i, f, g, o, former_cell, shown], 1)
        return (hidden, cell), (hidden, known)

    begin = hidden, cell
    (_, last_cell), (states, known) = _scan(step, begin, [projected], 2)

    def gradient(d_states: tf.Tensor, d_last_cell: tf.Tensor) -> tuple:
        former_states = tf.concat([hidden[None], states[:-1]], 0)
        turned = tf.transpose(recurrent)

        def step(now: list, carry: tuple) -> tuple:
            (known, d_state), (d_gates, d_cell) = now, carry
            i, f, g, o, former_cell, shown = tf.split(known, 6, axis=1)
            d_hidden = d_state + tf.matmul(d_gates, turned)
            d_cell += tf.raw_ops.TanhGrad(y=shown, dy=o) * d_hidden
            d_four = [
                tf.raw_ops.SigmoidGrad(y=i, dy=g) * d_cell,
                tf.raw_ops.SigmoidGrad(y=f, dy=former_cell) * d_cell,
                tf.raw_ops.TanhGrad(y=g, dy=i) * d_cell,
                tf.raw_ops.SigmoidGrad(y=o, dy=shown) * d_hidden,
            ]
            d_gates = tf.concat(d_four, 1)
            return (d_gates, d_cell * f), (d_gates,)

        begin = tf.zeros_like(projected[0]), d_last_cell
        (_, d_cell), (d_gates,) = _scan(step, begin, [known, d_states], 1, reverse=True)
        # One product gives the gradients of all weights.
        given = tf.concat([sequence, former_states, tf.ones_like(states[:, :, :1])], 2)
        d_weights = tf.matmul(_rows(given), _rows(d_gates), transpose_a=True)
        features = sequence.shape[-1]
        return (
            _apply(d_gates, tf.transpose(kernel)),
            tf.matmul(d_gates[0], recurrent, transpose_b=True),
            d_cell,
            d_weights[:features],
            d_weights[features:-1],
            d_weights[-1],
        )

    return (states, last_cell), gradient


def _apply(sequence: tf.Tensor, matrix: tf.Tensor) -> tf.Tensor:
    """Multiply every vector of `(time, batch, ·)` by a matrix, all at once."""
    rows = tf.matmul(_rows(sequence), matrix)
    return tf.reshape(rows, (*tf.unstack(tf.shape(sequence)[:2]), rows.shape[-1]))


def _rows(sequence: tf.Tensor) -> tf.Tensor:
    return tf.reshape(sequence, (-1, sequence.shape[-1]))


def _scan(
    step: Callable,
    begin: tuple,
    sequences: list[tf.Tensor],
    outputs: int,
    *,
    reverse: bool = False,
) -> tuple:
    """Carry tensors through time.

    Args:
        step: Takes the sequences at one time and what is carried, `(batch, ·)` each;
            returns what is carried on, and outputs.
        begin: What is carried to the first step.
        sequences: Tensors of shape `(time, batch, ·)`.
        outputs: The number of outputs.
        reverse: Whether time goes backwards.

    Returns:
        What is carried in the end, and the outputs of every step.
    """
    length = tf.shape(sequences[0])[0]
    arrays = tuple(tf.TensorArray(begin[0].dtype, length) for _ in range(outputs))

    def body(count: tf.Tensor, carry: tuple, arrays: tuple) -> tuple:
        now = length - 1 - count if reverse else count
        carry, parts = step([tf.gather(part, now) for part in sequences], carry)
        written = (a.write(now, part) for a, part in zip(arrays, parts, strict=True))
        return count + 1, carry, tuple(written)

    _, carry, arrays = tf.while_loop(
        lambda count, *_: count < length,
        body,
        (0, begin, arrays),
        parallel_iterations=1,
    )
    return carry, tuple(array.stack() for array in arrays)
