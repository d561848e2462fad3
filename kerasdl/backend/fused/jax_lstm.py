"""The forward and backward loops of an LSTM for JAX; see `lstm` for the reason."""

import jax
from jax import numpy as jnp


@jax.custom_vjp
def hidden_states(*arguments: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return all hidden states and the last cell state."""
    return _forward(*arguments)[0]


def _forward(
    sequence: jax.Array,
    hidden: jax.Array,
    cell: jax.Array,
    kernel: jax.Array,
    recurrent: jax.Array,
    bias: jax.Array,
) -> tuple:
    """Return the states and the cell, and the residuals of the gradient."""

    def step(carry: tuple, projected: jax.Array) -> tuple:
        hidden, cell = carry
        i, f, g, o = jnp.split(projected + hidden @ recurrent, 4, axis=1)
        i, f, o = (jax.nn.sigmoid(gate) for gate in (i, f, o))
        g = jnp.tanh(g)
        cell = f * cell + i * g
        hidden = o * jnp.tanh(cell)
        return (hidden, cell), (hidden, cell, (i, f, g, o))

    carry, outputs = jax.lax.scan(step, (hidden, cell), sequence @ kernel + bias)
    states, cells, gates = outputs
    former_states = jnp.concatenate([hidden[None], states[:-1]])
    former_cells = jnp.concatenate([cell[None], cells[:-1]])
    residuals = (sequence, kernel, recurrent, former_states, former_cells, cells, gates)
    return (states, carry[1]), residuals


def _backward(residuals: tuple, gradients: tuple[jax.Array, jax.Array]) -> tuple:
    """Return the gradients of the arguments."""
    sequence, kernel, recurrent, former_states, former_cells, cells, gates = residuals
    d_states, d_last_cell = gradients

    def step(carry: tuple, now: tuple) -> tuple:
        d_hidden, d_cell = carry
        d_state, former_cell, cell, (i, f, g, o) = now
        d_hidden += d_state
        tanh_cell = jnp.tanh(cell)
        d_cell += d_hidden * o * (1 - tanh_cell**2)
        d_gates = jnp.concatenate(
            [
                d_cell * g * i * (1 - i),
                d_cell * former_cell * f * (1 - f),
                d_cell * i * (1 - g**2),
                d_hidden * tanh_cell * o * (1 - o),
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


hidden_states.defvjp(_forward, _backward)
