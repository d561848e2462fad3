"""The forward and backward loops of an LSTM for TensorFlow; see `lstm` for why."""

from collections.abc import Callable

import tensorflow as tf


def hidden_states(
    sequence: tf.Tensor, hidden: tf.Tensor, cell: tf.Tensor, *weights: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return all hidden states and the last cell state, with static shapes as in Keras.

    The two halves of the batch run in parallel loops: the products of one step are too
    small to be shared among threads.
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
    # Loops and slices lose static shapes; layers such as `TimeDistributed` need them.
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
    """Return the states, the last cell, and their gradient function."""
    projected = _apply(sequence, kernel) + bias

    def step(now: list, carry: tuple) -> tuple:
        (projected,), (hidden, former_cell) = now, carry
        gates = projected + tf.matmul(hidden, recurrent)
        i, f, g, o = tf.split(gates, 4, axis=1)
        i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
        cell = f * former_cell + i * g
        tanh_cell = tf.tanh(cell)
        hidden = o * tanh_cell
        saved = tf.concat([i, f, g, o, former_cell, tanh_cell], 1)
        return (hidden, cell), (hidden, saved)

    begin = hidden, cell
    (_, last_cell), (states, saved) = _scan(step, begin, [projected], 2)

    def gradient(d_states: tf.Tensor, d_last_cell: tf.Tensor) -> tuple:
        former_states = tf.concat([hidden[None], states[:-1]], 0)
        recurrent_transposed = tf.transpose(recurrent)

        def step(now: list, carry: tuple) -> tuple:
            (saved, d_state), (d_gates, d_cell) = now, carry
            i, f, g, o, former_cell, tanh_cell = tf.split(saved, 6, axis=1)
            d_hidden = d_state + tf.matmul(d_gates, recurrent_transposed)
            d_cell += tf.raw_ops.TanhGrad(y=tanh_cell, dy=o) * d_hidden
            d_four = [
                tf.raw_ops.SigmoidGrad(y=i, dy=g) * d_cell,
                tf.raw_ops.SigmoidGrad(y=f, dy=former_cell) * d_cell,
                tf.raw_ops.TanhGrad(y=g, dy=i) * d_cell,
                tf.raw_ops.SigmoidGrad(y=o, dy=tanh_cell) * d_hidden,
            ]
            d_gates = tf.concat(d_four, 1)
            return (d_gates, d_cell * f), (d_gates,)

        begin = tf.zeros_like(projected[0]), d_last_cell
        (_, d_cell), (d_gates,) = _scan(step, begin, [saved, d_states], 1, reverse=True)
        # One product gives the gradients of all weights.
        inputs = tf.concat([sequence, former_states, tf.ones_like(states[:, :, :1])], 2)
        d_weights = tf.matmul(_rows(inputs), _rows(d_gates), transpose_a=True)
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
    """Multiply every vector of `(time, batch, ·)` by a matrix, in one product."""
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
    """Run a step for each time, and carry tensors from one to the next.

    Args:
        step: Takes the sequences at one time and the carry, `(batch, ·)` each. Returns
            the next carry, and outputs.
        begin: The initial carry.
        sequences: Tensors of shape `(time, batch, ·)`.
        outputs: The number of outputs.
        reverse: Whether time runs backwards.

    Returns:
        The final carry, and the outputs of all steps.
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
