"""The training loop written by hand in JAX: one jitted step over a state."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tests.benchmarks.layouts import nest
from tests.benchmarks.native_jax_models import FORWARDS

Epoch = Callable[[np.ndarray], tuple[float, float]]
State = dict[str, Any]


def trainer(
    name: str,
    weights: Sequence[np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    dropout: float = 0.2,
) -> Epoch:
    """Return what trains one epoch and returns its mean loss and accuracy.

    It takes the rows of each batch, `(steps, batch size)`.
    """
    parameters, statistics = jax.tree.map(jnp.array, nest(name, weights))
    y = y.astype("int32")
    state = {
        "parameters": parameters,
        "statistics": statistics,
        "momentum": jax.tree.map(jnp.zeros_like, parameters),
        "velocity": jax.tree.map(jnp.zeros_like, parameters),
        "steps": jnp.zeros((), jnp.int32),
        "key": jax.random.key(0),
    }
    step = jax.jit(partial(_step, FORWARDS[name], dropout), donate_argnums=0)
    inputs, classes = jnp.array(x), jnp.array(y)

    def epoch(order: np.ndarray) -> tuple[float, float]:
        nonlocal state
        state |= {"loss_total": jnp.zeros(()), "correct": jnp.zeros((), jnp.int32)}
        for rows in order:
            state = step(state, inputs, classes, rows)
        jax.block_until_ready(state)
        return float(state["loss_total"]) / len(order), int(
            state["correct"]
        ) / order.size

    return epoch


def _step(
    forward: Callable,
    dropout: float,
    state: State,
    inputs: jax.Array,
    classes: jax.Array,
    rows: jax.Array,
) -> State:
    x, y = inputs[rows], classes[rows]
    key, dropout_key = jax.random.split(state["key"])

    def loss_of(parameters: Any) -> tuple[jax.Array, Any]:
        logits, statistics = forward(
            parameters, state["statistics"], x, dropout, dropout_key
        )
        chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], axis=1)
        return -chosen.mean(), (logits, statistics)

    (loss, (logits, statistics)), gradients = jax.value_and_grad(loss_of, has_aux=True)(
        state["parameters"]
    )
    hits = jnp.argmax(logits, axis=1) == y
    return {
        **_adamw(state, _clip(gradients)),
        "statistics": statistics,
        "key": key,
        "loss_total": state["loss_total"] + loss,
        "correct": state["correct"] + hits.sum(),
    }


def _clip(gradients: Any) -> Any:
    norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradients)))
    scale = 1.0 / jnp.maximum(norm, 1.0)
    return jax.tree.map(lambda g: g * scale, gradients)


def _adamw(state: State, gradients: Any) -> State:
    """Return parameters, momentum, velocity and steps after one step of AdamW."""
    steps = state["steps"] + 1
    rate = 1e-3 * jnp.sqrt(1 - 0.999**steps) / (1 - 0.9**steps)
    momentum = jax.tree.map(
        lambda m, g: 0.9 * m + 0.1 * g, state["momentum"], gradients
    )
    velocity = jax.tree.map(
        lambda v, g: 0.999 * v + 0.001 * g**2, state["velocity"], gradients
    )
    parameters = jax.tree.map(
        lambda p, m, v: p * (1 - 1e-3 * 1e-2) - rate * m / (jnp.sqrt(v) + 1e-7),
        state["parameters"],
        momentum,
        velocity,
    )
    return {
        "parameters": parameters,
        "momentum": momentum,
        "velocity": velocity,
        "steps": steps,
    }
