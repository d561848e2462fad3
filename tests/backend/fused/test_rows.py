"""Data of every form arrive as Keras would bring them."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasdl.backend.feed import Feed
from kerasdl.backend.fused import rows
from kerasdl.data import ArrayExamples, Batches
from tests.backend.fused import helpers
from tests.variants import variants


def pair() -> tuple[keras.Model, keras.Model, list[str]]:
    plain, ours = (
        helpers.compiled(helpers.small, helpers.momentum()) for _ in range(2)
    )
    _, lines = helpers.accelerated(ours)
    return plain, ours, lines


def trained_alike(*data: Any, **arguments: Any) -> None:
    plain, ours, lines = pair()
    histories = [helpers.fit(model, *data, **arguments) for model in (plain, ours)]
    helpers.assert_same(ours, plain)
    assert histories[1].keys() == histories[0].keys()
    assert lines == []


@pytest.mark.variant
def test_tensors_of_the_backend() -> None:
    x, y = helpers.digits()
    trained_alike(ops.convert_to_tensor(x), ops.convert_to_tensor(y))


@pytest.mark.parametrize("dtype", ["uint8", *variants("float64", "int64")])
def test_arrays_of_other_types(dtype: str) -> None:
    x, y = helpers.digits()
    trained_alike((x * 16).astype(dtype), y.astype("int32"))


@pytest.mark.variant
def test_arrays_too_large_for_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "RESIDENT_BYTES", 1)
    x, y = helpers.digits()
    trained_alike(x, y, validation_data=(x[:50], y[:50]))


@pytest.mark.variant
def test_a_feed_with_class_weights() -> None:
    x, y = helpers.digits()
    weights = {label: 1 + label for label in range(10)}
    plain, ours, _ = pair()
    for model in (plain, ours):
        feed = Feed(Batches(ArrayExamples(x, y), 32, 0))
        given = {"class_weight": weights, "shuffle": False, "batch_size": None}
        helpers.fit(model, feed, **given)
    helpers.assert_same(ours, plain)


@pytest.mark.variant
def test_weights_for_one_output_of_two() -> None:
    def build() -> keras.Model:
        keras.utils.set_random_seed(0)
        image = keras.Input((8, 8))
        x = layers.Flatten()(image)
        heads = [layers.Dense(1, name="mean")(x), layers.Dense(10, name="digit")(x)]
        model = keras.Model(image, heads)
        cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("adam", ["mse", cross_entropy])
        return model

    images, labels = helpers.digits()
    y = [images.mean((1, 2))[:, None], labels]
    weight = [np.linspace(0, 2, len(labels)).astype("float32"), None]
    plain, ours = build(), build()
    helpers.accelerated(ours)
    for model in (plain, ours):
        helpers.fit(model, images, y, sample_weight=weight)
    helpers.assert_same(ours, plain)


def test_epochs_nobody_asks_for_cost_nothing():
    asked = []

    def orders() -> list:
        asked.append(len(asked))
        return [asked[-1]]

    epochs = rows.WholeEpochs(orders, data=(), batch_size=4)
    begun = [iter(epochs) for _ in range(3)]
    assert [epoch.order for epoch in begun[2]] == [0]
    assert asked == [0]
