"""What layers hold in Python is read anew, or left to Keras: it is never frozen."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasdl.backend.fused import torch_watch
from tests.backend.fused.torch_twins import net, twins


class Penalty(keras.regularizers.Regularizer):
    def __init__(self) -> None:
        self.strengths = [0.0]

    def __call__(self, x: Any) -> Any:
        return self.strengths[0] * ops.sum(x**2)


class Shrink(keras.constraints.Constraint):
    def __init__(self) -> None:
        self.factor = 1.0

    def __call__(self, w: Any) -> Any:
        return w * (1 - self.factor / 10)


class Activation:
    """A callable object that is no object of Keras."""

    def __init__(self) -> None:
        self.settings = {"slope": 0.0}

    def __call__(self, x: Any) -> Any:
        return ops.maximum(x, self.settings["slope"] * x)


@pytest.mark.parametrize(
    ("arguments", "write"),
    [
        (
            lambda: {"kernel_regularizer": keras.regularizers.L2(0.0)},
            lambda layer, v: setattr(layer.kernel_regularizer, "l2", v),
        ),
        (
            lambda: {"kernel_regularizer": Penalty()},
            lambda layer, v: layer.kernel_regularizer.strengths.__setitem__(0, v),
        ),
        (
            lambda: {"activity_regularizer": Penalty()},
            lambda layer, v: layer.activity_regularizer.strengths.__setitem__(0, v),
        ),
        (
            lambda: {"kernel_constraint": Shrink()},
            lambda layer, v: setattr(layer.kernel_constraint, "factor", v),
        ),
        (
            lambda: {"kernel_constraint": keras.constraints.MaxNorm(9.0)},
            lambda layer, v: setattr(layer.kernel_constraint, "max_value", v),
        ),
        (
            lambda: {"activation": Activation()},
            lambda layer, v: layer.activation.settings.update(slope=v),
        ),
    ],
    ids=["l2", "penalty", "activity", "constraint", "max_norm", "activation"],
)
def test_what_hangs_on_a_layer_is_read_again(
    arguments: Callable, write: Callable
) -> None:
    pair = twins(lambda: net(first=arguments()))
    pair.fit(lambda model: lambda value: write(model.layers[0], value))
    pair.assert_equal(reports=0)


class Reading(layers.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.settings = {"scales": [1.0]}
        self.scales = np.ones(1, "float32")

    def call(self, x: Any) -> Any:
        return x * self.settings["scales"][0] * float(self.scales[0])


@pytest.mark.parametrize(
    "write",
    [
        lambda layer, v: layer.settings["scales"].__setitem__(0, 1 + v),
        lambda layer, v: layer.settings.__setitem__("scales", [1 + v]),
        lambda layer, v: layer.scales.fill(1 + v),
    ],
    ids=["list", "new_list", "array"],
)
def test_a_layer_reads_what_it_contains(write: Callable) -> None:
    pair = twins(lambda: net(Reading()))
    pair.fit(lambda model: lambda value: write(model.layers[1], value))
    pair.assert_equal(reports=0)


@pytest.mark.parametrize(
    ("held", "reason"),
    [
        (iter([1.0] * 99), "iterator"),
        (np.ones(torch_watch.MOST_BYTES + 1, "int8"), "too large to watch"),
        (dict.fromkeys(range(torch_watch.MOST_VALUES + 1)), "values"),
    ],
    ids=["iterator", "array", "dict"],
)
def test_what_cannot_be_watched_is_left_to_keras(held: Any, reason: str) -> None:
    class Holding(layers.Layer):
        def call(self, x: Any) -> Any:
            return x

    def build() -> keras.Model:
        model = net(Holding())
        vars(model.layers[1])["held"] = held
        return model

    pair = twins(build)
    pair.fit(epochs=1)
    [line] = pair.assert_equal(reports=1)
    assert ".held" in line
    assert reason in line


def test_a_large_array_to_start_from_is_no_obstacle() -> None:
    start = np.ones(torch_watch.MOST_BYTES, "float32")
    constant = keras.initializers.Constant(start)
    pair = twins(lambda: net(first={"bias_initializer": "zeros"}))
    pair.ours.layers[0].bias_initializer = constant
    pair.fit(epochs=1)
    pair.assert_equal(reports=0)
