"""The training loop written by hand in TensorFlow: one `tf.function` step."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tests.benchmarks.layouts import nest
from tests.benchmarks.native_tensorflow_models import FORWARDS

Epoch = Callable[[np.ndarray], tuple[float, float]]


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
    parts, statistics = tf.nest.map_structure(tf.Variable, nest(name, weights))
    parameters = tf.nest.flatten(parts)
    adamw = AdamW(parameters)
    inputs, classes = tf.constant(x), tf.constant(y)
    loss_total = tf.Variable(tf.zeros(()))
    correct = tf.Variable(tf.zeros((), tf.int32))

    @tf.function
    def step(rows: Any) -> None:
        batch, target = tf.gather(inputs, rows), tf.gather(classes, rows)
        with tf.GradientTape() as tape:
            logits = FORWARDS[name](parts, statistics, batch, dropout)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(target, logits)
            loss = tf.reduce_mean(losses)
        gradients = tape.gradient(loss, parameters)
        # An embedding's gradient comes as one slice a token; the norm wants their sum.
        gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]
        gradients, _ = tf.clip_by_global_norm(gradients, 1.0)
        adamw.apply(gradients)
        hits = tf.argmax(logits, axis=1) == target
        loss_total.assign_add(loss)
        correct.assign_add(tf.math.count_nonzero(hits, dtype=tf.int32))

    def epoch(order: np.ndarray) -> tuple[float, float]:
        loss_total.assign(0.0)
        correct.assign(0)
        for rows in order:
            step(tf.constant(rows))
        return float(loss_total) / len(order), int(correct) / order.size

    return epoch


class AdamW:
    """AdamW over a list of variables."""

    def __init__(self, parameters: Sequence[tf.Variable]):
        self.parameters = parameters
        self.momenta = [tf.Variable(tf.zeros_like(p)) for p in parameters]
        self.velocities = [tf.Variable(tf.zeros_like(p)) for p in parameters]
        self.steps = tf.Variable(tf.zeros(()))

    def apply(self, gradients: Sequence[tf.Tensor]) -> None:
        steps = self.steps.assign_add(1.0)
        rate = 1e-3 * tf.sqrt(1 - 0.999**steps) / (1 - 0.9**steps)
        for p, m, v, g in zip(
            self.parameters, self.momenta, self.velocities, gradients, strict=True
        ):
            m.assign(0.9 * m + 0.1 * g)
            v.assign(0.999 * v + 0.001 * g**2)
            p.assign(p * (1 - 1e-3 * 1e-2) - rate * m / (tf.sqrt(v) + 1e-7))
