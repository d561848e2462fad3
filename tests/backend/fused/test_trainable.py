"""What is frozen or thawed after `compile` takes effect when it does in Keras's step."""

import contextlib
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from tests.backend.fused import helpers
from tests.variants import variants

BACKEND = keras.config.backend()
X = np.random.default_rng(0).normal(size=(50, 4)).astype("float32")
Y = (X[:, :1] > 0).astype("float32")
CHANGES: dict[str, Callable[[keras.Model], Any]] = {
    "a layer": lambda model: setattr(model.layers[0], "trainable", False),
    "one without weights": lambda model: setattr(model.layers[1], "trainable", False),
    "a variable": lambda model: setattr(model.layers[0].kernel, "trainable", False),
    "thawed": lambda model: setattr(model.layers[2], "trainable", True),
}


def build() -> keras.Model:
    keras.utils.set_random_seed(0)
    parts = [
        layers.Dense(4, use_bias=False, name="first"),
        layers.BatchNormalization(scale=False, center=False),
        layers.Dense(4, trainable=False, name="third"),
        layers.Dense(1),
    ]
    model = keras.Sequential([keras.Input((4,)), *parts], name="model")
    model.compile(keras.optimizers.Adam(0.01), "mse")
    return model


def fitted_again(model: keras.Model, change: Callable, **arguments: Any) -> str:
    """Return what went wrong after the change; under JAX Keras may refuse."""
    helpers.fit(model, X, Y, batch_size=16)
    change(model)
    try:
        helpers.fit(model, X[:40], Y[:40], batch_size=8, **arguments)
    except ValueError as fault:
        return str(fault)
    return ""


@pytest.mark.parametrize(
    "name", ["a layer", "a variable", *variants("one without weights", "thawed")]
)
def test_a_change_after_compile(name: str) -> None:
    plain, ours = build(), build()
    _, lines = helpers.accelerated(ours)
    # Executions of another length are traced anew.
    look = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)
    expected = fitted_again(plain, CHANGES[name], callbacks=[look])
    silent = BACKEND == "torch" or name == "a variable"
    warning = pytest.warns(UserWarning, match="`trainable` state has changed")
    with contextlib.nullcontext() if silent else warning:
        assert fitted_again(ours, CHANGES[name], callbacks=[look]) == expected
    if not expected:
        assert lines == ["one step per execution: LambdaCallback needs each batch"]
        helpers.assert_same(ours, plain, tolerance=1e-4)
    else:
        assert BACKEND != "tensorflow"


def test_compiling_again_freezes() -> None:
    model, _ = helpers.accelerated(build())
    helpers.fit(model, X, Y)
    CHANGES["a layer"](model)
    model.compile(keras.optimizers.Adam(0.01), "mse")
    kept = model.layers[0].get_weights()
    helpers.fit(model, X, Y)
    np.testing.assert_array_equal(kept, model.layers[0].get_weights())
