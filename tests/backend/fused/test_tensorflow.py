"""What TensorFlow alone allows, and its kernels."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

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
    assert "train_step of its own" in lines[0]


@pytest.mark.parametrize("policy", ["float64", "bfloat16", "mixed_bfloat16"])
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


@pytest.mark.parametrize("first", [layers.BatchNormalization, layers.Rescaling])
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


def test_a_layer_may_be_compiled_with_xla_afterwards() -> None:
    model = helpers.compiled(helpers.lstm, helpers.adamw())
    helpers.accelerated(model)
    helpers.fit(model, epochs=1)
    assert all(layer.supports_jit for layer in model.layers)


@pytest.mark.parametrize("wrapped", [False, True])
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
