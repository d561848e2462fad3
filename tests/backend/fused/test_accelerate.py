"""An accelerated model computes what Keras's own step computes."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

import kerasdl
from kerasdl.optimizers import GradientMonitor
from tests.backend.fused import helpers
from tests.variants import VARIANT, quickest, variants

BACKEND = keras.config.backend()


@pytest.mark.usefixtures("compiled_for_users")
@pytest.mark.parametrize(
    "build",
    [
        helpers.cnn,
        *quickest(helpers.transformer),
        *variants(helpers.mlp, helpers.lstm),
        pytest.param(helpers.gru, marks=pytest.mark.slow),  # Keras's own kernel
    ],
)
def test_twenty_steps_leave_what_keras_leaves(build: Callable) -> None:
    plain = helpers.compiled(build, helpers.adamw(global_clipnorm=1.0))
    ours = helpers.compiled(build, helpers.adamw(global_clipnorm=1.0))
    ours, lines = helpers.accelerated(ours)
    data = helpers.whole_batches() if build is helpers.transformer else ()
    histories = [helpers.fit(model, *data) for model in (plain, ours)]
    helpers.assert_same(ours, plain)
    for name, values in histories[0].items():
        np.testing.assert_allclose(histories[1][name], values, rtol=1e-5, atol=1e-5)
    assert lines == []


@pytest.mark.parametrize(
    "arguments",
    [
        {"gradient_accumulation_steps": 3},
        *quickest({"use_ema": True, "ema_momentum": 0.9}, {"clipnorm": 0.1}),
        *variants(
            {"use_ema": True, "ema_overwrite_frequency": 5},
            {"clipvalue": 0.01},
            {"amsgrad": True},
        ),
    ],
)
def test_settings_of_the_optimizer_hold(arguments: dict[str, Any]) -> None:
    plain = helpers.compiled(helpers.small, helpers.adamw(**arguments))
    ours = helpers.compiled(helpers.small, helpers.adamw(**arguments))
    _, lines = helpers.accelerated(ours)
    for model in (plain, ours):
        helpers.fit(model, *helpers.whole_batches())
    helpers.assert_same(ours, plain)
    # Under PyTorch, Keras asks for the value of the counter at these settings.
    branches = {"gradient_accumulation_steps", "ema_overwrite_frequency"}
    falls_back = BACKEND == "torch" and branches.intersection(arguments)
    assert len(lines) == bool(falls_back), lines


@pytest.mark.parametrize(
    "make",
    [
        *quickest(lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True)),
        lambda: GradientMonitor(helpers.adamw(global_clipnorm=0.1)),
        *variants(
            lambda: keras.optimizers.Lion(1e-4),
            lambda: keras.optimizers.Adam(kerasdl.schedules.OneCycle(0.01, 20)),
            lambda: keras.optimizers.SGD(0.05),
            lambda: keras.optimizers.Adadelta(0.1),
            lambda: keras.optimizers.RMSprop(1e-3, rho=0.8),
        ),
    ],
)
def test_any_optimizer_and_schedule(make: Callable) -> None:
    plain, ours = (helpers.compiled(helpers.small, make()) for _ in range(2))
    _, lines = helpers.accelerated(ours)
    for model in (plain, ours):
        helpers.fit(model, *helpers.whole_batches())
    helpers.assert_same(ours, plain)
    assert lines == []


@pytest.mark.variant
@pytest.mark.parametrize(
    "make",
    [
        lambda: keras.optimizers.Muon(0.01),
        *variants(
            lambda: keras.optimizers.Adafactor(0.01),
            lambda: keras.optimizers.Adagrad(0.01),
            lambda: keras.optimizers.Adam(0.01, amsgrad=True),
            lambda: keras.optimizers.Adamax(0.01),
            lambda: keras.optimizers.Ftrl(0.01, l1_regularization_strength=0.01),
            lambda: keras.optimizers.Lamb(0.01),
            lambda: keras.optimizers.RMSprop(0.01, centered=True, momentum=0.5),
        ),
    ],
)
def test_rarer_optimizers(make: Callable) -> None:
    x = np.random.default_rng(0).normal(size=(80, 4)).astype("float32")
    models = []
    for _ in range(2):
        keras.utils.set_random_seed(0)
        parts = [keras.Input((4,)), layers.Dense(6, "tanh"), layers.Dense(1)]
        models.append(keras.Sequential(parts))
        models[-1].compile(make(), "mse")
    _, lines = helpers.accelerated(models[1])
    for model in models:
        helpers.fit(model, x, np.sin(x[:, :1]), batch_size=4, epochs=1)
    helpers.assert_same(*models, tolerance=1e-6)
    assert lines == []


@pytest.mark.parametrize(
    ("policy", "build"),
    [
        pytest.param("mixed_bfloat16", helpers.cnn, marks=pytest.mark.variant),
        ("mixed_float16", helpers.mlp),
        pytest.param("mixed_bfloat16", helpers.mlp, marks=VARIANT),
        pytest.param("mixed_float16", helpers.cnn, marks=VARIANT),
    ],
)
def test_mixed_precision(policy: str, build: Callable) -> None:
    former = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        plain, ours = (helpers.compiled(build, helpers.adamw()) for _ in range(2))
    finally:
        keras.config.set_dtype_policy(former)
    _, lines = helpers.accelerated(ours)
    data = helpers.whole_batches()
    histories = [helpers.fit(model, *data) for model in (plain, ours)]
    helpers.assert_same(ours, plain)
    assert histories[1]["loss"] == pytest.approx(histories[0]["loss"], rel=1e-5)
    # Under PyTorch, scaling the loss asks whether the gradients are finite.
    assert len(lines) == (BACKEND == "torch" and policy == "mixed_float16")


@pytest.mark.variant
def test_a_strangers_script() -> None:
    """Two inputs in a dict, a loss and a metric of its own, weights of both kinds."""

    def huber(y: Any, y_pred: Any) -> Any:
        error = ops.abs(ops.cast(y, y_pred.dtype) - y_pred)
        return ops.mean(ops.where(error < 1, error**2 / 2, error - 0.5), axis=-1)

    class WithinOne(keras.metrics.Metric):
        def __init__(self) -> None:
            super().__init__(name="within_one")
            self.hits = self.add_variable((), "zeros", name="hits")
            self.seen = self.add_variable((), "zeros", name="seen")

        def update_state(self, y: Any, y_pred: Any, sample_weight: Any = None) -> None:
            close = ops.abs(ops.cast(y, "float32") - ops.cast(y_pred, "float32")) < 1
            self.hits.assign_add(ops.sum(ops.cast(close, "float32")))
            self.seen.assign_add(float(y.shape[0] or 0) or ops.shape(y)[0])

        def result(self) -> Any:
            return self.hits / ops.maximum(self.seen, 1)

    class Network(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.embed = layers.Embedding(17, 4, embeddings_regularizer="l2")
            self.hidden = layers.Dense(16, activation="tanh")
            self.drop = layers.Dropout(0.3)
            self.out = layers.Dense(1)

        def call(self, inputs: dict[str, Any], training: bool = False) -> Any:
            corner = layers.Flatten()(self.embed(inputs["corner"]))
            x = ops.concatenate([ops.reshape(inputs["image"], (-1, 64)), corner], -1)
            x = self.drop(self.hidden(x), training=training)
            self.add_loss(1e-3 * ops.mean(ops.square(x)))
            return self.out(x)

    images, labels = helpers.digits()
    x = {"image": images, "corner": (images[:, 4, 2:6] * 16).astype("int32")}
    y = labels[:, None].astype("float32")
    weight = np.linspace(0.5, 1.5, len(y)).astype("float32")
    histories, models = [], []
    lines: list[str] = []
    for accelerate in (False, True):
        keras.utils.set_random_seed(3)
        model = Network()
        model.compile("rmsprop", loss=huber, metrics=[WithinOne()])
        if accelerate:
            kerasdl.accelerate(model, report=lines.append)
        given = {"sample_weight": weight, "validation_split": 0.2, "epochs": 3}
        histories.append(helpers.fit(model, x, y, **given))
        models.append(model)
    assert histories[0].keys() == histories[1].keys()
    for name, values in histories[0].items():
        assert histories[1][name] == pytest.approx(values, rel=1e-5, abs=1e-6), name
    helpers.assert_same(*models)
    assert lines == []


@pytest.mark.variant
def test_lists_of_inputs_and_outputs() -> None:
    def build() -> keras.Model:
        keras.utils.set_random_seed(0)
        left, right = keras.Input((8,)), keras.Input((8, 8))
        x = layers.concatenate([left, layers.GRU(8)(right)])
        heads = [layers.Dense(1, name="mean")(x), layers.Dense(10, name="digit")(x)]
        model = keras.Model([left, right], heads)
        cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("adam", ["mse", cross_entropy], metrics=[["mae"], ["accuracy"]])
        return model

    images, labels = helpers.digits()
    x, y = [images[:, 0], images], [images.mean((1, 2))[:, None], labels]
    plain, ours = build(), build()
    _, lines = helpers.accelerated(ours)
    histories = [helpers.fit(model, x, y) for model in (plain, ours)]
    assert histories[0].keys() == histories[1].keys()
    helpers.assert_same(ours, plain)
    assert lines == []


@pytest.mark.variant
def test_class_weights_and_batch_order() -> None:
    weights = {label: 1 + label / 10 for label in range(10)}
    for shuffle in (True, False, "batch"):
        plain, ours = (
            helpers.compiled(helpers.small, helpers.momentum()) for _ in range(2)
        )
        _, lines = helpers.accelerated(ours)
        for model in (plain, ours):
            helpers.fit(model, class_weight=weights, shuffle=shuffle)
        helpers.assert_same(ours, plain)
        assert lines == []


def test_data_that_come_in_batches() -> None:
    x, y = helpers.digits()

    class Parts(keras.utils.PyDataset):
        def __len__(self) -> int:
            return 5

        def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
            return x[index * 70 : index * 70 + 70], y[index * 70 : index * 70 + 70]

    plain, ours = (
        helpers.compiled(helpers.small, helpers.momentum()) for _ in range(2)
    )
    helpers.accelerated(ours)
    for model in (plain, ours):
        helpers.fit(model, Parts(), batch_size=None, shuffle=False)
    helpers.assert_same(ours, plain)


@pytest.mark.variant
def test_masks_reach_the_loss() -> None:
    def build() -> keras.Model:
        tokens = keras.Input((8,), dtype="int32")
        x = layers.Embedding(17, 8, mask_zero=True)(tokens)
        x = layers.LSTM(8, return_sequences=True)(x)
        return keras.Model(tokens, layers.Dense(17)(x))

    images, _ = helpers.digits()
    x = (images[:, 3] * 16).astype("int32")
    # Monitored, as Keras alone does not sum an embedding's gradients under TensorFlow.
    plain, ours = (
        helpers.compiled(build, GradientMonitor(helpers.adamw())) for _ in range(2)
    )
    _, lines = helpers.accelerated(ours)
    histories = [helpers.fit(model, x, x) for model in (plain, ours)]
    helpers.assert_same(ours, plain)
    assert histories[1]["loss"] == pytest.approx(histories[0]["loss"], rel=1e-5)
    assert lines == []


def test_dropout_drops_the_share_it_should() -> None:
    keras.utils.set_random_seed(0)
    same = layers.Dense(1000, use_bias=False, kernel_initializer="identity")
    model = keras.Sequential([keras.Input((1000,)), same, layers.Dropout(0.25)])
    still = keras.optimizers.SGD(0.0)
    model.compile(still, loss=lambda y, y_pred: ops.mean(y_pred, axis=-1))
    _, lines = helpers.accelerated(model)
    history = model.fit(np.ones((64, 1000)), np.ones(64), epochs=3, verbose=0).history
    # Kept values are scaled up, so the mean stays 1: 64,000 draws, five deviations.
    assert history["loss"] == pytest.approx([1, 1, 1], abs=5 * (1 / 3 / 64_000) ** 0.5)
    assert len(set(history["loss"])) == 3
    assert lines == []


@pytest.mark.variant
def test_eager_models_are_left_to_keras_with_a_warning() -> None:
    model = helpers.compiled(helpers.small, helpers.momentum())
    model.run_eagerly = True
    kerasdl.accelerate(model)
    x, y = helpers.digits()
    with pytest.warns(kerasdl.AccelerationWarning, match="run_eagerly"):
        helpers.fit(model, x[:40], y[:40], epochs=1)
