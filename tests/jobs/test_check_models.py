"""`kerasdl.check` names each fault of a model."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import kerasdl
from tests.jobs.checked import LOGITS, RNG, X, Y, errors, model, subclassed
from tests.variants import quickest


def test_inputs_that_are_not_scaled():
    found = errors(model(), X * np.array([1, 1, 1, 4e3, 1, 1, 1, 1], "float32"))
    assert found["scale"].what.startswith(
        "feature 3 of inputs has a mean or a deviation"
    )
    lost = errors(model(), np.where(X > 1, np.float32("nan"), X))
    assert lost["not-finite"].rule == "finite"


@pytest.mark.any_backend
@pytest.mark.parametrize("place", ["inputs", "targets"])
def test_a_value_that_is_not_finite_far_from_the_first_batch(place: str):
    data = {"inputs": X.copy(), "targets": Y.astype("float32")}
    data[place].flat[-1] = np.inf
    [found] = [
        each
        for each in kerasdl.check(model(), (*data.values(),), batch_size=16)
        if each.kind == "not-finite"
    ]
    assert (found.where, found.value, found.severity) == (place, 1, "error")


@pytest.mark.any_backend
def test_inputs_that_the_model_scales_itself():
    scaled = model(LOGITS, layers.BatchNormalization(), layers.Dense(16, "relu"))
    assert errors(scaled, X + 500) == {}
    assert "scale" not in errors(scaled, X + 5000)


@pytest.mark.parametrize("value", [0.0, *quickest(0.05)])
def test_equal_weights(value: float):
    equal = keras.initializers.Constant(value)
    hidden = [layers.Dense(8, "tanh", kernel_initializer=equal) for _ in range(2)]
    found = errors(model(LOGITS, *hidden))["equal-units"]
    assert "kernel" in found.where
    assert f"are all {value:g}, and its units stay equal" in found.what


@pytest.mark.any_backend
def test_kernels_of_zeros_that_learn():
    """As a branch that begins at zero; the first layer is random."""
    zero = layers.Dense(8, kernel_initializer="zeros")
    assert errors(model(LOGITS, layers.Dense(8, "relu"), zero)) == {}


class Twice(layers.Layer):
    """Its gradient is wrong in float32 alone, as that of a wrong kernel."""

    def call(self, inputs: Any) -> Any:
        if self.compute_dtype == "float64":
            return inputs
        return 3 * inputs - 2 * keras.ops.stop_gradient(inputs)


def test_a_kernel_that_is_wrong_in_float32():
    built = model(LOGITS, layers.Dense(16, "relu"), Twice())
    found = kerasdl.check(built, (X, Y))
    wrong = [each for each in found if each.kind == "wrong-gradient"]
    assert [each.severity for each in wrong] == ["error"] * 2  # kernel and bias
    assert keras.config.backend() in wrong[0].what
    assert wrong[0].value == pytest.approx(2, rel=1e-3)
    assert all("last" not in each.where for each in wrong)


def test_dead_units_of_an_unbuilt_subclassed_model():
    dead = errors(subclassed(-99.0))["dead-units"]
    assert "8 of 8 units of" in dead.what
    assert "activation" in dead.where


@pytest.mark.any_backend
def test_a_healthy_subclassed_model():
    assert errors(subclassed()) == {}


def test_saturated_units_and_gradients_that_vanish():
    wide = keras.initializers.RandomNormal(stddev=50.0, seed=0)
    found = errors(model(LOGITS, layers.Dense(16, "tanh", kernel_initializer=wide)))
    assert found["saturated"].value > 0.9
    small = [keras.initializers.RandomNormal(stddev=0.001, seed=n) for n in range(3)]
    deep = [layers.Dense(8, "sigmoid", kernel_initializer=each) for each in small]
    assert errors(model(LOGITS, *deep))["vanishing-gradient"].value < 1e-5


@pytest.mark.any_backend
def test_a_shallow_sigmoid_is_healthy():
    assert errors(model(LOGITS, layers.Dense(8, "sigmoid"))) == {}


@pytest.mark.parametrize(
    ("optimizer", "told"),
    [
        (keras.optimizers.Adam(2.0), "error"),
        (keras.optimizers.Adam(1e-9), "error"),
        (keras.optimizers.SGD(1000.0, 0.9), "error"),
        *quickest(
            (keras.optimizers.Adam(0.5), "warning"),
            (keras.optimizers.SGD(0.1, 0.9), None),
            (
                keras.optimizers.Adam(
                    keras.optimizers.schedules.CosineDecay(
                        0.0, 50, warmup_target=5.0, warmup_steps=50
                    )
                ),
                "error",
            ),
        ),
    ],
)
def test_rates(optimizer: Any, told: str | None):
    optimizer = type(optimizer).from_config(optimizer.get_config())
    found = kerasdl.check(model(optimizer=optimizer), (X, Y))
    rates = [each.severity for each in found if each.kind == "learning-rate"]
    assert rates == ([told] if told else [])


def test_a_batch_of_one_through_batch_normalisation():
    built = model(LOGITS, layers.Dense(8), layers.BatchNormalization())
    kinds = {each.kind: each for each in kerasdl.check(built, (X, Y), batch_size=1)}
    assert kinds["batch-normalization"].severity == "error"


@pytest.mark.any_backend
def test_rare_classes_and_a_leaked_column():
    x = RNG.normal(size=(300, 8)).astype("float32")
    y = (np.arange(300) % 100 == 0).astype(int)
    kinds = {each.kind: each for each in kerasdl.check(model(), (x, y))}
    assert "'1' has 3 (1 %)" in kinds["imbalance"].what
    y = RNG.integers(0, 3, 300)
    x[:, 5] = y
    [leak] = [each for each in kerasdl.check(model(), (x, y)) if each.kind == "leak"]
    assert leak.where == "column 5"


@pytest.mark.any_backend
def test_habits_of_an_optimizer():
    decayed = layers.Dense(8, "relu", kernel_regularizer="l2")
    kinds = {each.kind for each in kerasdl.check(model(LOGITS, decayed), (X, Y))}
    assert kinds == {"weight-decay"}
    plain = model(optimizer=keras.optimizers.SGD(0.1))
    assert {each.kind for each in kerasdl.check(plain, (X, Y))} == {"momentum"}
