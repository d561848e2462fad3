"""Recurrent layers with kernels of our own train as in Keras's loop."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops, tree

from tests.backend.fused import helpers
from tests.variants import variants

STATEFUL = [] if keras.config.backend() == "torch" else [{"stateful": True}]
"""Keras cannot train a stateful layer under PyTorch."""
BATCH, SHAPE, UNITS = 3, (5, 4), 6


class Weighed(keras.Model):
    """The outputs of a layer, each weighed differently.

    Inputs and first states are weights too, so that training shows their gradients.
    """

    def __init__(self, layer: layers.Layer, states: int):
        super().__init__()
        self.layer = layer
        layer.build((BATCH, *SHAPE))
        self.shift = self.add_weight(shape=(BATCH, *SHAPE), initializer="zeros")
        sizes = [(BATCH, UNITS)] * states
        self.states = [
            self.add_weight(shape=s, initializer="glorot_uniform") for s in sizes
        ]

    def call(self, x: Any, training: bool = False) -> Any:
        given: dict[str, Any] = {"training": training}
        if self.states:
            given["initial_state"] = [ops.convert_to_tensor(s) for s in self.states]
        outputs = tree.flatten(self.layer(x + self.shift, **given))
        parts = [ops.cast(part, "float32") for part in outputs]
        return sum(ops.sum(p * ops.cos(ops.arange(p.shape[-1]))) for p in parts)


def trained(layer: layers.Layer, states: int) -> tuple[keras.Model, keras.Model]:
    """Return the model as kerasdl and as Keras trains it, for two batches."""
    x = np.random.default_rng(0).normal(size=(2 * BATCH, *SHAPE)).astype("float32")
    models = []
    for ours in (True, False):
        keras.utils.set_random_seed(0)
        model = Weighed(layer.from_config(layer.get_config()), states)
        model.compile(keras.optimizers.SGD(0.1), loss=lambda _, outputs: outputs)
        if ours:
            helpers.accelerated(model)
        data = {"batch_size": BATCH, "shuffle": False, "epochs": 1}
        helpers.fit(model, x, np.zeros(len(x)), **data)
        models.append(model)
    return models[0], models[1]


@pytest.mark.parametrize(
    "arguments",
    [
        {"go_backwards": True, "return_sequences": True},
        *STATEFUL,
        *variants(
            {"recurrent_dropout": 0.4},
            {"dtype": "mixed_bfloat16"},
            {},
            {"return_sequences": True, "return_state": True},
            {"dropout": 0.4},
            {"use_bias": False},
            {"activation": "relu"},
            {"unroll": True},
        ),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "kind",
    [layers.LSTM, pytest.param(layers.GRU, marks=pytest.mark.slow)],  # Keras's kernel
)
def test_every_setting(kind: type, arguments: dict[str, Any]) -> None:
    helpers.assert_same(*trained(kind(UNITS, **arguments), states=0))


@pytest.mark.variant
@pytest.mark.parametrize("arguments", [{}, *variants(*STATEFUL)], ids=str)
def test_both_directions(arguments: dict[str, Any]) -> None:
    inner = layers.LSTM(UNITS, return_sequences=True, **arguments)
    helpers.assert_same(*trained(layers.Bidirectional(inner), states=0))


@pytest.mark.variant
def test_layers_that_build_on_the_length() -> None:
    def build() -> keras.Model:
        keras.utils.set_random_seed(0)
        settings = [{}, {"unroll": True}, {}]
        parts = [layers.LSTM(2, return_sequences=True, **given) for given in settings]
        last = layers.TimeDistributed(layers.Dense(2))
        model = keras.Sequential([keras.Input((3, 2)), *parts, last])
        model.compile("sgd", loss=lambda _, outputs: ops.mean(outputs**2))
        return model

    x = np.random.default_rng(0).normal(size=(5, 3, 2)).astype("float32")
    plain, ours = build(), build()
    helpers.accelerated(ours)
    for model in (plain, ours):
        helpers.fit(model, x, np.zeros(len(x)), batch_size=3)
    helpers.assert_same(ours, plain)


@pytest.mark.variant
def test_states_that_are_given() -> None:
    layer = layers.LSTM(UNITS, return_state=True)
    helpers.assert_same(*trained(layer, states=2))
