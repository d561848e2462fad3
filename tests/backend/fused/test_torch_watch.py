"""What a step reads in Python is read anew, or left to Keras: it is never frozen."""

import os
import types
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import keras
import numpy as np
import pytest
import torch
from keras import layers, ops

from kerasdl.backend.fused import torch_watch
from tests.backend.fused.torch_twins import Twins, net, scaled_loss, twins

SETTINGS = {"weight": 0.0, "nested": [{"weight": 0.0}]}
NAMESPACE = types.SimpleNamespace(weight=0.0)
ARRAY = np.zeros(2, "float32")
TENSOR = torch.zeros(2)
WEIGHT = 0.0


class Config:
    """Settings on a class."""

    weight = 0.0


@dataclass
class Options:
    weights: list = field(default_factory=lambda: [0.0])


class Slotted:
    __slots__ = ("weight",)

    def __init__(self) -> None:
        self.weight = 0.0


class Key:
    weight = 0.0


OPTIONS, SLOTTED, KEY = Options(), Slotted(), Key()
HOLDER, KEYED = np.array([Key()], object), {KEY: None}
DEQUE, SET = deque([0.0]), {0.0}


def set_global(value: float) -> None:
    global WEIGHT
    WEIGHT = value


def weight_of_helper() -> float:
    return WEIGHT


def refill(container: Any, value: float) -> None:
    container.clear()
    container.update({value}) if isinstance(container, set) else container.append(value)


@pytest.mark.parametrize(
    ("read", "write"),
    [
        (lambda: SETTINGS["weight"], lambda v: SETTINGS.update(weight=v)),
        (
            lambda: SETTINGS["nested"][0]["weight"],
            lambda v: SETTINGS["nested"][0].update(weight=v),
        ),
        (lambda: WEIGHT, set_global),
        (weight_of_helper, set_global),
        (lambda: Config.weight, lambda v: setattr(Config, "weight", v)),
        (lambda: NAMESPACE.weight, lambda v: setattr(NAMESPACE, "weight", v)),
        (lambda: OPTIONS.weights[0], lambda v: OPTIONS.weights.__setitem__(0, v)),
        (lambda: SLOTTED.weight, lambda v: setattr(SLOTTED, "weight", v)),
        (lambda: DEQUE[0], lambda v: refill(DEQUE, v)),
        (lambda: max(SET), lambda v: refill(SET, v)),
        (lambda: float(ARRAY[1]), lambda v: ARRAY.fill(v)),
        (lambda: ARRAY[1], lambda v: ARRAY.fill(v)),
        (lambda: TENSOR[1], lambda v: TENSOR.fill_(v)),
        (
            lambda: float(os.environ["WEIGHT"]),
            lambda v: os.environ.update(WEIGHT=str(v)),
        ),
        (lambda: HOLDER[0].weight, lambda v: setattr(HOLDER[0], "weight", v)),
        (lambda: next(iter(KEYED)).weight, lambda v: setattr(KEY, "weight", v)),
    ],
    ids=[
        *("dict", "nested", "global", "helper", "class", "namespace", "dataclass"),
        *("slot", "deque", "set", "array", "array_element", "tensor", "environment"),
        *("array_of_objects", "key"),
    ],
)
def test_a_loss_reads_what_a_callback_writes(read: Callable, write: Callable) -> None:
    write(0.0)
    pair = twins(lambda: net(loss=scaled_loss(read)))
    pair.fit(lambda model: write, before=lambda: write(0.0))
    pair.assert_equal(reports=0)


class DictLoss(keras.losses.Loss):
    def __init__(self) -> None:
        super().__init__()
        self.settings = {"weight": 0.0}

    def call(self, y: Any, p: Any) -> Any:
        return ops.mean((y - p) ** 2) + self.settings["weight"] * ops.mean(abs(p))


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


def power(y: Any, p: Any, weight: float = 0.0) -> Any:
    return ops.mean((y - p) ** 2) + weight * ops.mean(abs(p))


def with_closure() -> tuple[Callable, Callable]:
    weight = 0.0

    def loss(y: Any, p: Any) -> Any:
        return power(y, p, weight)

    def write(value: float) -> None:
        nonlocal weight
        weight = value

    return loss, write


def of_partial() -> tuple[Callable, Callable]:
    loss = partial(power, weight=0.0)
    loss.__name__ = "loss"
    return loss, lambda value: loss.keywords.update(weight=value)


def of_function_attribute() -> tuple[Callable, Callable]:
    def loss(y: Any, p: Any) -> Any:
        return power(y, p, loss.weight)

    loss.weight = 0.0
    return loss, lambda value: setattr(loss, "weight", value)


def of_defaults() -> tuple[Callable, Callable]:
    def loss(y: Any, p: Any, weight: float = 0.0) -> Any:
        return power(y, p, weight)

    return loss, lambda value: setattr(loss, "__defaults__", (value,))


def of_object() -> tuple[Callable, Callable]:
    loss = DictLoss()
    return loss, lambda value: loss.settings.update(weight=value)


@pytest.mark.parametrize(
    "make",
    [with_closure, of_partial, of_function_attribute, of_defaults, of_object],
)
def test_a_loss_reads_what_belongs_to_it(make: Callable) -> None:
    writes = []

    def build() -> keras.Model:
        loss, write = make()
        writes.append(write)
        return net(loss=loss)

    pair = twins(build)
    pair.fit(lambda model: writes[model is pair.ours])
    pair.assert_equal(reports=0)


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


def test_data_that_change_a_setting_at_each_batch() -> None:
    class Weighing(keras.utils.PyDataset):
        def __len__(self) -> int:
            return 3

        def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
            SETTINGS["weight"] = float(index)
            return Twins.x[:8], Twins.y[:8]

    pair = twins(lambda: net(loss=scaled_loss(lambda: SETTINGS["weight"])))
    pair.fit(data=lambda: (Weighing(),), batch_size=None, shuffle=False)
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
