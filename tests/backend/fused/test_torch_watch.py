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
from keras import ops

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


@pytest.mark.slow
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
