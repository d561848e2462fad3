"""Rows looked up more than once train as if a product with one-hot vectors gave them.

Keras's own step under TensorFlow clips and squares the gradient of each look-up alone.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops, optimizers

from kerasdl.optimizers import GradientMonitor
from kerasdl.testing import dtype_policy
from tests.backend.fused import helpers
from tests.contract import numbers

ROWS, WIDTH = 5, 3
TOKENS = np.random.default_rng(0).integers(0, ROWS - 1, (2, 12, 4)).astype("int32")
TARGETS = np.linspace(-3, 3, 12, dtype="float32")[:, None]


class OneHot(layers.Embedding):
    def call(self, inputs: Any) -> Any:
        return ops.matmul(ops.one_hot(inputs, ROWS, dtype="float32"), self.embeddings)


class Taken(layers.Embedding):
    def call(self, inputs: Any) -> Any:
        return ops.take(self.embeddings, inputs, axis=0)


def network(kind: type[layers.Embedding]) -> keras.Model:
    """An embedding shared by two inputs."""
    table = kind(ROWS, WIDTH, embeddings_initializer="glorot_uniform")
    inputs = [keras.Input((4,), dtype="int32") for _ in range(2)]
    x = ops.sum(ops.subtract(*map(table, inputs)), axis=1)
    return keras.Model(inputs, layers.Dense(1, dtype="float32")(x))


def fitted(kind: type, make: Callable, **arguments: Any) -> keras.Model:
    keras.utils.set_random_seed(1)
    model = network(kind)
    accelerated = arguments.pop("accelerated", False)
    model.compile(make(), "mse", **arguments)
    if accelerated:
        helpers.accelerated(model)
    helpers.fit(model, list(TOKENS), TARGETS, batch_size=6, shuffle=False)
    return model


def reference(make: Callable) -> keras.Model:
    return fitted(OneHot, make, run_eagerly=True)


SETTINGS = [
    lambda: optimizers.Adam(0.1, gradient_accumulation_steps=2, global_clipnorm=0.1),
    lambda: optimizers.AdamW(0.1, weight_decay=0.1, clipnorm=0.2),
    lambda: optimizers.SGD(0.1, momentum=0.9, global_clipnorm=0.5),
    lambda: optimizers.LossScaleOptimizer(optimizers.Adam(0.1), initial_scale=8.0),
    *(
        pytest.param(make, marks=pytest.mark.slow)
        for make in (
            lambda: optimizers.RMSprop(
                0.1, clipvalue=0.1, use_ema=True, ema_momentum=0.5
            ),
            lambda: optimizers.Adagrad(0.1, loss_scale_factor=8.0),
            lambda: optimizers.Lion(0.1, weight_decay=0.1),
        )
    ),
]


@pytest.mark.parametrize("make", SETTINGS)
def test_an_accelerated_model(make: Callable) -> None:
    ours = fitted(layers.Embedding, make, accelerated=True)
    helpers.assert_same(ours, reference(make))


@pytest.mark.variant
@pytest.mark.parametrize("jit_compile", [True, False])
def test_a_table_that_is_no_layers(jit_compile: bool) -> None:
    ours = fitted(Taken, SETTINGS[1], accelerated=True, jit_compile=jit_compile)
    helpers.assert_same(ours, reference(SETTINGS[1]))


def test_mixed_precision() -> None:
    with dtype_policy("mixed_bfloat16"):
        ours = fitted(layers.Embedding, SETTINGS[1], accelerated=True)
    helpers.assert_same(ours, reference(SETTINGS[1]), 3e-2)


@pytest.mark.variant
@pytest.mark.parametrize("make", SETTINGS[1:3])
def test_a_monitored_optimizer_of_keras_own_step(make: Callable) -> None:
    ours = fitted(layers.Embedding, lambda: GradientMonitor(make()))
    helpers.assert_same(ours, reference(lambda: GradientMonitor(make())))
    assert numbers(ours.optimizer.norm_total) > 0
