"""The five models written by hand in TensorFlow, as functions of their variables."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tests.benchmarks.layouts import Part


def mlp_small(
    parts: Part, statistics: list[Part], x: tf.Tensor, dropout: float
) -> tf.Tensor:
    for block, moving in zip(parts["blocks"], statistics, strict=True):
        x = _batch_norm(block["norm"], moving, _dense(block["dense"], x))
        x = tf.nn.dropout(tf.nn.relu(x), dropout)
    return _dense(parts["head"], x)


def mlp(parts: Part, statistics: list[Part], x: tf.Tensor, dropout: float) -> tf.Tensor:
    for part in parts["layers"]:
        x = tf.nn.relu(_dense(part, x))
    return _dense(parts["head"], x)


def lstm(
    parts: Part, statistics: list[Part], x: tf.Tensor, dropout: float
) -> tf.Tensor:
    for part in parts["layers"]:
        states = _lstm_layer(part, x)
        x = tf.stack(states, axis=1)
    return _dense(parts["head"], states[-1])


def _lstm_layer(part: Part, x: tf.Tensor) -> list[tf.Tensor]:
    """Return the hidden state `(batch, units)` of each step."""
    hidden = cell = tf.zeros((tf.shape(x)[0], part["recurrent"].shape[0]))
    states = []
    # Unrolled: `tf.while_loop` was measured to be a third slower.
    for inputs in tf.unstack(x, axis=1):
        gates = inputs @ part["kernel"] + hidden @ part["recurrent"] + part["bias"]
        i, f, c, o = tf.split(gates, 4, axis=1)
        cell = tf.sigmoid(f) * cell + tf.sigmoid(i) * tf.tanh(c)
        hidden = tf.sigmoid(o) * tf.tanh(cell)
        states.append(hidden)
    return states


def transformer(
    parts: Part, statistics: list[Part], x: tf.Tensor, dropout: float
) -> tf.Tensor:
    x = tf.gather(parts["tokens"], x) + parts["positions"]
    for block in parts["blocks"]:
        x = x + _attention(block, _layer_norm(block["norm_1"], x))
        y = _dense(block["up"], _layer_norm(block["norm_2"], x))
        x = x + _dense(block["down"], tf.nn.gelu(y))
    return _dense(parts["head"], tf.reduce_mean(_layer_norm(parts["norm"], x), 1))


def _attention(parts: Part, x: tf.Tensor) -> tf.Tensor:
    query, key, value = (
        tf.einsum("btd,dhk->bhtk", x, parts[name]["kernel"])
        + parts[name]["bias"][:, None]
        for name in ("query", "key", "value")
    )
    scores = tf.matmul(query, key, transpose_b=True) * query.shape[-1] ** -0.5
    y = tf.matmul(tf.nn.softmax(scores), value)
    return tf.einsum("bhtk,hkd->btd", y, parts["out"]["kernel"]) + parts["out"]["bias"]


def cnn(parts: Part, statistics: list[Part], x: tf.Tensor, dropout: float) -> tf.Tensor:
    moving = iter(statistics)
    x = _convolution(parts["stem"], x)
    x = tf.nn.relu(_batch_norm(parts["stem_norm"], next(moving), x))
    for block in parts["blocks"]:
        projects = "shortcut" in block
        y = _convolution(block["conv_1"], x, stride=2 if projects else 1)
        y = tf.nn.relu(_batch_norm(block["norm_1"], next(moving), y))
        if projects:
            x = _convolution(block["shortcut"], x, stride=2)
            x = _batch_norm(block["shortcut_norm"], next(moving), x)
        y = _convolution(block["conv_2"], y)
        y = _batch_norm(block["norm_2"], next(moving), y)
        x = tf.nn.relu(x + y)
    return _dense(parts["head"], tf.reduce_mean(x, (1, 2)))


def _dense(part: Part, x: tf.Tensor) -> tf.Tensor:
    return x @ part["kernel"] + part["bias"]


def _convolution(kernel: Any, x: tf.Tensor, stride: int = 1) -> tf.Tensor:
    if stride == 1 or kernel.shape[0] == 1:
        return tf.nn.conv2d(x, kernel, stride, "SAME")
    # "SAME" would pad strided convolutions at the far sides only.
    width = kernel.shape[0] // 2
    padding: Any = [[0, 0], [width, width], [width, width], [0, 0]]
    return tf.nn.conv2d(x, kernel, stride, padding)


def _batch_norm(part: Part, moving: Part, x: tf.Tensor) -> tf.Tensor:
    mean, variance = tf.nn.moments(x, tuple(range(len(x.shape) - 1)))
    moving["mean"].assign(0.9 * moving["mean"] + 0.1 * mean)
    moving["variance"].assign(0.9 * moving["variance"] + 0.1 * variance)
    return tf.nn.batch_normalization(
        x, mean, variance, part["beta"], part["gamma"], 1e-5
    )


def _layer_norm(part: Part, x: tf.Tensor) -> tf.Tensor:
    mean, variance = tf.nn.moments(x, -1, keepdims=True)
    return tf.nn.batch_normalization(
        x, mean, variance, part["beta"], part["gamma"], 1e-5
    )


FORWARDS: dict[str, Callable[..., tf.Tensor]] = {
    "mlp-small": mlp_small,
    "mlp": mlp,
    "lstm": lstm,
    "transformer": transformer,
    "cnn": cnn,
}
