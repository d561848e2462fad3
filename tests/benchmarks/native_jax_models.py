"""The five models written by hand in JAX, as functions of their parameters."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from tests.benchmarks.layouts import Part

Forwarded = tuple[jax.Array, list[Part]]
"""Logits `(batch, 10)` and the new moving statistics."""


def mlp_small(
    parts: Part, statistics: list[Part], x: jax.Array, dropout: float, key: jax.Array
) -> Forwarded:
    updated = []
    keys = jax.random.split(key, len(parts["blocks"]))
    for block, former, block_key in zip(parts["blocks"], statistics, keys, strict=True):
        x, moved = _batch_norm(block["norm"], former, _dense(block["dense"], x))
        updated.append(moved)
        x = _dropout(jax.nn.relu(x), dropout, block_key)
    return _dense(parts["head"], x), updated


def mlp(
    parts: Part, statistics: list[Part], x: jax.Array, dropout: float, key: jax.Array
) -> Forwarded:
    for part in parts["layers"]:
        x = jax.nn.relu(_dense(part, x))
    return _dense(parts["head"], x), []


def lstm(
    parts: Part, statistics: list[Part], x: jax.Array, dropout: float, key: jax.Array
) -> Forwarded:
    x = x.swapaxes(0, 1)  # (time, batch, features)
    for part in parts["layers"]:
        x = _lstm_layer(part, x)
    return _dense(parts["head"], x[-1]), []


def _lstm_layer(part: Part, x: jax.Array) -> jax.Array:
    """Return the hidden states `(time, batch, units)`."""
    zeros = jnp.zeros((x.shape[1], part["recurrent"].shape[0]))

    # Projecting all inputs before the scan was measured: twice as slow.
    def step(carry: Any, inputs: jax.Array) -> tuple[Any, jax.Array]:
        hidden, cell = carry
        gates = inputs @ part["kernel"] + hidden @ part["recurrent"] + part["bias"]
        i, f, c, o = jnp.split(gates, 4, axis=1)
        cell = jax.nn.sigmoid(f) * cell + jax.nn.sigmoid(i) * jnp.tanh(c)
        hidden = jax.nn.sigmoid(o) * jnp.tanh(cell)
        return (hidden, cell), hidden

    return jax.lax.scan(step, (zeros, zeros), x)[1]


def transformer(
    parts: Part, statistics: list[Part], x: jax.Array, dropout: float, key: jax.Array
) -> Forwarded:
    x = parts["tokens"][x] + parts["positions"]
    for block in parts["blocks"]:
        x = x + _attention(block, _layer_norm(block["norm_1"], x))
        y = _dense(block["up"], _layer_norm(block["norm_2"], x))
        x = x + _dense(block["down"], jax.nn.gelu(y, approximate=False))
    return _dense(parts["head"], _layer_norm(parts["norm"], x).mean(1)), []


def _attention(parts: Part, x: jax.Array) -> jax.Array:
    query, key, value = (
        jnp.einsum("btd,dhk->bthk", x, parts[name]["kernel"]) + parts[name]["bias"]
        for name in ("query", "key", "value")
    )
    y = jax.nn.dot_product_attention(query, key, value)
    return jnp.einsum("bthk,hkd->btd", y, parts["out"]["kernel"]) + parts["out"]["bias"]


def cnn(
    parts: Part, statistics: list[Part], x: jax.Array, dropout: float, key: jax.Array
) -> Forwarded:
    former, updated = iter(statistics), []

    def norm(part: Part, x: jax.Array) -> jax.Array:
        x, moved = _batch_norm(part, next(former), x)
        updated.append(moved)
        return x

    x = jax.nn.relu(norm(parts["stem_norm"], _convolution(parts["stem"], x)))
    for block in parts["blocks"]:
        projects = "shortcut" in block
        y = _convolution(block["conv_1"], x, stride=2 if projects else 1)
        y = jax.nn.relu(norm(block["norm_1"], y))
        if projects:
            x = _convolution(block["shortcut"], x, stride=2)
            x = norm(block["shortcut_norm"], x)
        y = norm(block["norm_2"], _convolution(block["conv_2"], y))
        x = jax.nn.relu(x + y)
    return _dense(parts["head"], x.mean((1, 2))), updated


def _dense(part: Part, x: jax.Array) -> jax.Array:
    return x @ part["kernel"] + part["bias"]


def _convolution(kernel: jax.Array, x: jax.Array, stride: int = 1) -> jax.Array:
    padding = kernel.shape[0] // 2
    return jax.lax.conv_general_dilated(
        x,
        kernel,
        window_strides=(stride, stride),
        padding=[(padding, padding)] * 2,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )


def _batch_norm(part: Part, former: Part, x: jax.Array) -> tuple[jax.Array, Part]:
    axes = tuple(range(x.ndim - 1))
    mean, variance = x.mean(axes), x.var(axes)
    moved = {
        "mean": 0.9 * former["mean"] + 0.1 * mean,
        "variance": 0.9 * former["variance"] + 0.1 * variance,
    }
    scale = part["gamma"] * jax.lax.rsqrt(variance + 1e-5)
    return (x - mean) * scale + part["beta"], moved


def _layer_norm(part: Part, x: jax.Array) -> jax.Array:
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * part["gamma"] + part["beta"]


def _dropout(x: jax.Array, rate: float, key: jax.Array) -> jax.Array:
    kept = jax.random.bernoulli(key, 1 - rate, x.shape)
    return jnp.where(kept, x / (1 - rate), 0)


FORWARDS: dict[str, Callable[..., Forwarded]] = {
    "mlp-small": mlp_small,
    "mlp": mlp,
    "lstm": lstm,
    "transformer": transformer,
    "cnn": cnn,
}
