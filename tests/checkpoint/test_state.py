"""The variables of a model, under names and dtypes of no backend."""

import random

import keras
import numpy as np
import pytest
from keras import layers

from kerasdl.checkpoint import random_state, state
from kerasdl.checkpoint.snapshot import Snapshot


class TwoStreams(layers.Layer):
    """Draws from two generators, and has two weights of one name."""

    def __init__(self) -> None:
        super().__init__(name="two")
        self.seeds = [keras.random.SeedGenerator(seed) for seed in (3, 4)]

    def build(self, shape: tuple) -> None:
        self.scales = [self.add_weight(shape=(), name="scale") for _ in range(2)]

    def call(self, x, training=False):
        return x * self.scales[0] + self.scales[1]


@pytest.fixture
def model() -> keras.Model:
    head = layers.Dense(2, dtype="bfloat16", name="head")
    model = keras.Sequential([keras.Input((3,)), TwoStreams(), head], name="net")
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")
    model.train_on_batch(np.ones((4, 3)), np.zeros((4, 2)))
    return model


def test_names_and_dtypes(model: keras.Model):
    arrays, details = state.capture(model)
    kinds = {name: array.dtype.name for name, array in arrays.items()}
    assert kinds == {
        "weights/net/two/scale": "float32",
        "weights/net/two/scale#1": "float32",
        "weights/net/head/kernel": "float32",
        "weights/net/head/bias": "float32",
        "seeds/net/two": "int64",
        "seeds/net/two#1": "int64",
        "optimizer/iteration": "int64",
        "optimizer/learning_rate": "float32",
        "optimizer/net_two_scale_momentum": "float32",
        "optimizer/net_two_scale_momentum#1": "float32",
        "optimizer/net_head_kernel_momentum": "float32",
        "optimizer/net_head_bias_momentum": "float32",
        "metrics/loss/total": "float32",
        "metrics/loss/count": "float32",
    }
    assert details["dtypes"]["weights/net/head/kernel"] == "bfloat16"
    assert details["optimizer"] == "SGD"
    np.testing.assert_array_equal(arrays["seeds/net/two"], [3, 0])


def test_what_is_captured_is_restored(model: keras.Model):
    arrays, details = state.capture(model)
    before = {name: array.copy() for name, array in arrays.items()}
    model.train_on_batch(np.ones((4, 3)), np.zeros((4, 2)))
    for name, array in before.items():  # copies: the step has not changed them
        np.testing.assert_array_equal(arrays[name], array, err_msg=name)
    snapshot = Snapshot(1, arrays, details)
    state.check(model, snapshot)
    state.restore(model, snapshot)
    for name, array in state.capture(model)[0].items():
        np.testing.assert_array_equal(array, before[name], err_msg=name)


def test_generators_go_on_where_they_were():
    def draw() -> list:
        drawn = [random.random(), np.random.rand(), np.random.randn()]
        noise = keras.ops.convert_to_numpy(keras.random.uniform((2,)))
        return [*drawn, *noise.tolist()]

    draw()
    arrays, details = random_state.capture()
    expected = draw()
    draw()
    random_state.restore(arrays, details)
    assert draw() == expected
