"""An LSTM for JAX whose loop over time does only what must wait for its turn.

JAX differentiates a scan one step at a time, and adds up the gradient of the weights at
each. Here the gradient is written out (Hochreiter and Schmidhuber, 1997, appendix A.1,
with forget gates and through all of time), so what does not depend on the step after it
is one multiplication of matrices for the whole sequence.
"""

from collections.abc import Callable
from typing import Any

import jax
import keras
from jax import numpy as jnp

_USUAL = (keras.activations.tanh, keras.activations.sigmoid)


def lstm(
    inputs: jax.Array,
    hidden: jax.Array,
    cell: jax.Array,
    mask: Any,
    *,
    kernel: Any,
    recurrent_kernel: Any,
    bias: Any,
    activation: Callable,
    recurrent_activation: Callable,
    return_sequences: bool = False,
    go_backwards: bool = False,
    unroll: bool = False,
) -> tuple:
    """Take the place of Keras's `backend.lstm`, which serves GPUs alone.

    Raises:
        NotImplementedError: If the layer is masked, unrolled, has no bias, has other
            activations or other states than float32; Keras then loops.
    """
    unusual = mask is not None or bias is None or unroll
    unusual = unusual or any(part.dtype != "float32" for part in (inputs, hidden, cell))
    if unusual or (activation, recurrent_activation) != _USUAL:
        raise NotImplementedError
    sequence = inputs.swapaxes(0, 1)
    if go_backwards:
        sequence = sequence[::-1]
    weights = [keras.ops.convert_to_tensor(w) for w in (kernel, recurrent_kernel, bias)]
    states, cell = _states(sequence, hidden, cell, *weights)
    last = states[-1]
    outputs = states.swapaxes(0, 1) if return_sequences else last[:, None]
    return last, outputs, [last, cell]


@jax.custom_vjp
def _states(*arguments: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return every hidden state and the last cell.

    Args:
        *arguments: The sequence, `(time, batch, features)`; the state and the cell
            before the first step, `(batch, units)`; the kernel, `(features, 4 *
            units)`, with the gates in, forget, candidate and out; the recurrent
            kernel, `(units, 4 * units)`; the bias, `(4 * units,)`.

    Returns:
        Of shapes `(time, batch, units)` and `(batch, units)`.
    """
    return _forward(*arguments)[0]


def _forward(
    sequence: jax.Array,
    hidden: jax.Array,
    cell: jax.Array,
    kernel: jax.Array,
    recurrent: jax.Array,
    bias: jax.Array,
) -> tuple:
    """Return also what the gradient needs."""

    def step(carry: tuple, projected: jax.Array) -> tuple:
        hidden, cell = carry
        i, f, g, o = jnp.split(projected + hidden @ recurrent, 4, axis=1)
        i, f, o = (jax.nn.sigmoid(gate) for gate in (i, f, o))
        g = jnp.tanh(g)
        cell = f * cell + i * g
        hidden = o * jnp.tanh(cell)
        return (hidden, cell), (hidden, cell, (i, f, g, o))

    carry, kept = jax.lax.scan(step, (hidden, cell), sequence @ kernel + bias)
    states, cells, gates = kept
    former_states = jnp.concatenate([hidden[None], states[:-1]])
    former_cells = jnp.concatenate([cell[None], cells[:-1]])
    needed = (sequence, kernel, recurrent, former_states, former_cells, cells, gates)
    return (states, carry[1]), needed


def _backward(needed: tuple, gradients: tuple[jax.Array, jax.Array]) -> tuple:
    """Return the gradients of the arguments."""
    sequence, kernel, recurrent, former_states, former_cells, cells, gates = needed
    d_states, d_last_cell = gradients

    def step(carry: tuple, now: tuple) -> tuple:
        d_hidden, d_cell = carry
        d_state, former_cell, cell, (i, f, g, o) = now
        d_hidden += d_state
        shown = jnp.tanh(cell)
        d_cell += d_hidden * o * (1 - shown**2)
        d_gates = jnp.concatenate(
            [
                d_cell * g * i * (1 - i),
                d_cell * former_cell * f * (1 - f),
                d_cell * i * (1 - g**2),
                d_hidden * shown * o * (1 - o),
            ],
            axis=1,
        )
        return (d_gates @ recurrent.T, d_cell * f), d_gates

    carry = jnp.zeros_like(d_last_cell), d_last_cell
    steps = d_states, former_cells, cells, gates
    (d_hidden, d_cell), d_gates = jax.lax.scan(step, carry, steps, reverse=True)
    return (
        d_gates @ kernel.T,
        d_hidden,
        d_cell,
        jnp.einsum("tbf,tbg->fg", sequence, d_gates),
        jnp.einsum("tbf,tbg->fg", former_states, d_gates),
        d_gates.sum((0, 1)),
    )


_states.defvjp(_forward, _backward)
