"""What tests parts passes good ones, and names what is wrong with others."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
import pytest

from kerasdl import registry, testing
from kerasdl.backend import installed
from kerasdl.data.kinds.arrays import ArraysKind
from kerasdl.data.kinds.text import TextKind
from kerasdl.layers import ResidualBlock
from kerasdl.models.families.mlp import MLP
from kerasdl.models.family import Family
from kerasdl.tasks.classification import Classification
from kerasdl.tasks.regression import Regression
from tests.jobs.test_outside import TOYKIT

RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 5)).astype("float32")
Y = RNG.normal(size=12)
LABELS = np.arange(12) % 3
BACKEND = keras.config.backend()
COMPARED = None if BACKEND == "torch" else ()
"""One direction is enough: backends that are equal to one are equal."""


@pytest.fixture
def toykit(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(TOYKIT))
    registry._installed.cache_clear()
    yield
    registry._installed.cache_clear()


@pytest.mark.usefixtures("toykit")
def test_what_somebody_else_adds():
    from toykit.linear import Linear
    from toykit.lines import Lines
    from toykit.median import Median
    from toykit.scale import Scale

    testing.check_layer(Scale, X, ())  # the family has it
    testing.check_family(Linear(), X, 2, backends=COMPARED)
    testing.check_task(Median(), Y, RNG.normal(size=(12, 1)))
    np.savetxt("mine.lines", RNG.normal(size=(60, 4)), delimiter=";")
    testing.check_kind(Lines(name="mine.lines", task="median", delimiter=";"))


@pytest.mark.any_backend
def test_ours():
    images = RNG.normal(size=(4, 6, 6, 2)).astype("float32")
    testing.check_layer(lambda: ResidualBlock(3, seed=1), images, ())
    network = MLP(hidden_units=(4,))
    testing.check_family(network, X, 2, excused=["dense_1/bias"], backends=())
    testing.check_task(Classification(), LABELS, RNG.normal(size=(12, 3)))
    testing.check_task(Regression(), Y, RNG.normal(size=(12, 1)))
    testing.check_kind(ArraysKind(name="wine"))
    Path("mine.txt").write_text("a text of some length, and more of it. " * 40)
    text = TextKind(name="mine.txt", task="language-modelling", max_length=8)
    testing.check_kind(text)


class Idle(keras.layers.Layer):
    def build(self, shape: tuple) -> None:
        self.used = self.add_weight(name="used", shape=())
        self.unused = self.add_weight(name="unused", shape=(3,))

    def call(self, x: Any) -> Any:
        return x * self.used


class Whole(Regression):
    """Takes no notice of the rows it is asked for."""

    name = "whole"

    def fit(self, *args: Any) -> Any:
        targets = super().fit(*args)
        kind = type(targets)

        class Deaf(kind):
            def encode(self, raw: Any, rows: Any, source: str, name: str = "y") -> Any:
                return super().encode(raw, np.arange(len(rows)), source, name)

        return Deaf(targets.mean, targets.scale)

    def targets_from_json(self, values: dict[str, Any]) -> Any:
        return _Same()


class _Same:
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # pyright: ignore


@pytest.mark.any_backend
@pytest.mark.filterwarnings("ignore:Gradients do not exist")
def test_what_is_wrong_is_named():
    with pytest.raises(AssertionError, match=r"no gradient reaches .*unused"):
        testing.check_layer(Idle, X)
    with pytest.raises(AssertionError, match="encode does not select by rows"):
        testing.check_task(Whole(), Y, RNG.normal(size=(12, 1)))
    with pytest.raises(AssertionError, match="loaded from a file"):
        testing.check_layer(_Random, X)
    with pytest.raises(ValueError, match=r"<locals>\.Local is defined in a function"):
        testing.check_layer(_local(), X)


@pytest.mark.any_backend
@pytest.mark.skipif(len(installed()) < 2, reason="needs two backends")
def test_what_another_backend_does_otherwise():
    other = next(name for name in installed() if name != BACKEND)
    with pytest.raises(AssertionError, match=f"outputs differ under {other}, by"):
        testing.check_layer(Partial, X, [other])
    with pytest.raises(AssertionError, match=f"gives other weights under {other}"):
        testing.check_family(DrawnByKeras(), X, 2, backends=[other])


@keras.saving.register_keras_serializable(package="tests")
class Partial(keras.layers.Layer):
    """Is a tenth larger on one backend."""

    def build(self, shape: tuple) -> None:
        self.scale = self.add_weight(name="scale", shape=(), initializer="ones")

    def call(self, x: Any) -> Any:
        return x * self.scale * (1.1 if keras.config.backend() == "torch" else 1)


@dataclass(frozen=True)
class DrawnByKeras(Family):
    name: Literal["drawn"] = "drawn"

    def build(self, input_shape, num_outputs, seed=0, name=None) -> keras.Model:
        kernel = keras.initializers.GlorotUniform(seed)
        inputs = keras.Input(input_shape)
        return keras.Model(
            inputs, keras.layers.Dense(num_outputs, kernel_initializer=kernel)(inputs)
        )


def _local() -> Any:
    @keras.saving.register_keras_serializable(package="tests")
    class Local(keras.layers.Layer):
        def build(self, shape: tuple) -> None:
            self.scale = self.add_weight(name="scale", shape=())

        def call(self, x: Any) -> Any:
            return x * self.scale

    return Local


@keras.saving.register_keras_serializable(package="tests")
class _Random(keras.layers.Layer):
    """Is another one each time it is made."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.factor = float(np.random.default_rng().normal())

    def build(self, shape: tuple) -> None:
        self.scale = self.add_weight(name="scale", shape=())

    def call(self, x: Any) -> Any:
        return x * (self.scale + self.factor)
