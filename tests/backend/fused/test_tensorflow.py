"""What TensorFlow alone allows, and its kernels."""

import contextlib
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from kerasdl.backend.fused.tensorflow_kernels import native_kernels
from tests.backend.fused import helpers


def test_a_model_without_call_trains_as_before() -> None:
    class Moving(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.net = layers.Dense(1)

        def train_step(self, data: Any) -> dict[str, Any]:
            x, y = keras.utils.unpack_x_y_sample_weight(data)[:2]
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((self.net(x) - y) ** 2)
            weights = self.net.trainable_weights
            gradients = tape.gradient(loss, [weight.value for weight in weights])
            self.optimizer.apply(gradients, weights)
            return {"loss": loss}

    x, y = np.ones((64, 4), "float32"), np.ones((64, 1), "float32")
    models = []
    for _ in range(2):
        keras.utils.set_random_seed(0)
        models.append(Moving())
        models[-1].compile("sgd")
    _, lines = helpers.accelerated(models[1])
    for model in models:
        helpers.fit(model, x, y)
    helpers.assert_same(*models)
    assert "overrides train_step" in lines[0]


@pytest.mark.parametrize(
    "policy",
    [
        "float64",
        pytest.param("mixed_bfloat16", marks=pytest.mark.slow),
        pytest.param("bfloat16", marks=pytest.mark.slow),
    ],
)
def test_normalization_under_every_policy(policy: str) -> None:
    former = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        plain, ours = (
            helpers.compiled(helpers.cnn, keras.optimizers.SGD(0.1)) for _ in range(2)
        )
    finally:
        keras.config.set_dtype_policy(former)
    _, lines = helpers.accelerated(ours)
    for model in (plain, ours):
        helpers.fit(model, epochs=1)
    tolerance = 1e-6 if policy == "float64" else 5e-2
    helpers.assert_same(ours, plain, tolerance)
    assert lines == []


@pytest.mark.variant
def test_datasets_go_through_keras_own_loop() -> None:
    plain, ours = (helpers.compiled(helpers.mlp, helpers.adamw()) for _ in range(2))
    _, lines = helpers.accelerated(ours)
    for model in (plain, ours):
        batches = tf.data.Dataset.from_tensor_slices(helpers.digits()).batch(32)
        helpers.fit(model, batches, batch_size=None, shuffle=False)
    helpers.assert_same(ours, plain)
    assert lines == []


def test_a_layer_that_wants_to_know_the_batch_size() -> None:
    class Static(layers.Layer):
        def call(self, x: Any) -> Any:
            return tf.reshape(x, (x.shape[0] * 8, 8)) if x.shape[0] else x

    x, y = helpers.digits()
    models = []
    for _ in range(2):
        keras.utils.set_random_seed(0)
        parts = [keras.Input((8, 8)), Static(), layers.Dense(1)]
        models.append(keras.Sequential(parts))
        models[-1].compile("sgd", lambda y, y_pred: keras.ops.mean(y_pred**2))
    helpers.accelerated(models[1])
    for model in models:
        helpers.fit(model, x[:256], y[:256])
    helpers.assert_same(*models)


@pytest.mark.variant
@pytest.mark.parametrize(
    "first",
    [
        layers.BatchNormalization,
        pytest.param(layers.Rescaling, marks=pytest.mark.slow),
    ],
)
def test_whole_numbers_as_inputs(first: type) -> None:
    def build() -> keras.Model:
        image = keras.Input((8, 8, 1), dtype="uint8")
        layer = first(1 / 16) if first is layers.Rescaling else first()
        x = layers.Conv2D(4, 3)(layer(image))
        return keras.Model(image, layers.Dense(10)(layers.Flatten()(x)))

    x, y = helpers.digits()
    plain, ours = (helpers.compiled(build, helpers.adamw()) for _ in range(2))
    helpers.accelerated(ours)
    for model in (plain, ours):
        helpers.fit(model, (x[..., None] * 16).astype("uint8"), y)
    helpers.assert_same(ours, plain)


@pytest.mark.variant
def test_a_layer_may_be_compiled_with_xla_afterwards() -> None:
    model = helpers.compiled(helpers.lstm, helpers.adamw())
    helpers.accelerated(model)
    helpers.fit(model, epochs=1)
    assert all(layer.supports_jit for layer in model.layers)


@pytest.mark.parametrize("batch_size", [None, 4])
@pytest.mark.parametrize("length", [None, 6])
@pytest.mark.parametrize(
    "arguments",
    [
        {"return_sequences": True, "go_backwards": True},
        {"return_sequences": True, "return_state": True},
        {"return_state": True},
    ],
    ids=str,
)
def test_an_lstm_keeps_static_shapes(
    batch_size: int | None, length: int | None, arguments: dict[str, Any]
) -> None:
    inputs = tf.TensorSpec((batch_size, length, 3), "float32")
    layer = layers.LSTM(5, **arguments)
    layer.build((batch_size, length, 3))

    def shapes(x: tf.Tensor) -> list[tf.TensorShape]:
        return [part.shape for part in keras.tree.flatten(layer(x))]

    found: list[list[tf.TensorShape]] = []
    for kernels in (contextlib.nullcontext(), native_kernels()):
        with kernels:
            trace = tf.function(lambda x: found.append(shapes(x)), autograph=False)
            trace.get_concrete_function(inputs)
    for plain, ours in zip(*found, strict=True):
        assert all(a in (None, b) for a, b in zip(plain, ours, strict=True))
        assert ours[0] == batch_size
        assert ours[-1] == 5


@pytest.mark.parametrize(
    "make",
    [
        lambda: keras.optimizers.Adam(0.01),
        lambda: keras.optimizers.Adam(0.01, beta_1=0.8, beta_2=0.9999, epsilon=1e-3),
        lambda: keras.optimizers.AdamW(0.01, weight_decay=0.1, clipvalue=0.1),
    ],
)
@pytest.mark.parametrize("examples", [4, 80])
def test_adam_is_keras_own_to_the_last_bits(make: Callable, examples: int) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(examples, 3)), rng.normal(size=(examples, 1))
    models = []
    for _ in range(2):
        keras.utils.set_random_seed(0)
        models.append(keras.Sequential([keras.Input((3,)), layers.Dense(1)]))
        models[-1].compile(make(), "mse")
    helpers.accelerated(models[1])
    for model in models:
        helpers.fit(model, x, y, batch_size=4, epochs=1, shuffle=False)
    plain, ours = (list(helpers.state(model).values()) for model in models)
    for expected, value in zip(plain, ours, strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-7, atol=0)


@pytest.mark.slow
@pytest.mark.parametrize("wrapped", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_an_optimizer_that_depends_on_when_it_is_built_is_left_to_keras(
    wrapped: bool,
) -> None:
    def optimizer() -> keras.optimizers.Optimizer:
        inner = keras.optimizers.ScheduleFreeAdamW(0.01)
        return keras.optimizers.LossScaleOptimizer(inner) if wrapped else inner

    plain, ours = (helpers.compiled(helpers.mlp, optimizer()) for _ in range(2))
    _, lines = helpers.accelerated(ours)
    histories = [helpers.fit(model, epochs=1) for model in (plain, ours)]
    np.testing.assert_allclose(histories[1]["loss"], histories[0]["loss"], rtol=1e-6)
    [line] = lines
    assert "ScheduleFreeAdamW" in line
