"""What tests parts names what is wrong with one."""

import sys
from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np
import pytest

from kerasdl import testing
from kerasdl.backend import installed
from kerasdl.data.signature import Input
from kerasdl.initializers import GlorotUniform
from kerasdl.models.family import Family
from kerasdl.tasks.language_modelling import LanguageModelling
from kerasdl.tasks.measured import Measured
from kerasdl.tasks.regression import Regression
from kerasdl.tasks.task import Task

RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 5)).astype("float32")
Y = RNG.normal(size=12)
BACKEND = keras.config.backend()
ELSEWHERE = "kerasdl.jobs.worker" in sys.orig_argv
"""Whether this is the process that is compared with."""


@keras.saving.register_keras_serializable(package="tests")
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


class Altered(Regression):
    """Regression with a method that returns something else."""

    name = "altered"

    def __init__(self, **returned: Any):
        for method, value in returned.items():
            setattr(self, method, lambda *_, value=value: value)


class Undefined(Regression):
    """Has a metric that is always infinite."""

    name = "undefined"

    def keras_metrics(self, config: Any) -> list[Any]:
        def infinite(y: Any, outputs: Any) -> Any:
            return -keras.ops.log(outputs - outputs)

        return [keras.metrics.MeanMetricWrapper(infinite, "r2_score")]


@keras.saving.register_keras_serializable(package="tests")
class Stopped(Idle):
    """Gives its inputs no gradient."""

    def call(self, x: Any) -> Any:
        return keras.ops.stop_gradient(x) * self.used + keras.ops.sum(self.unused)


@keras.saving.register_keras_serializable(package="tests")
class Centred(Idle):
    """Mixes the examples of a batch."""

    def call(self, x: Any) -> Any:
        return (x - keras.ops.mean(x, 0)) * self.used + keras.ops.sum(self.unused)


@dataclass(frozen=True)
class Tiny(Family):
    """Adds a number to 1 that only float32 can tell from 1."""

    name: Literal["tiny"] = "tiny"

    def build(self, input_shape, num_outputs, seed=0, name=None) -> keras.Model:
        inputs = keras.Input(input_shape)
        kernel = GlorotUniform(seed)
        outputs = keras.layers.Dense(num_outputs, kernel_initializer=kernel)(inputs)
        difference = (outputs * 0 + (1 + 2**-12)) - 1
        return keras.Model(inputs, outputs + keras.ops.log(difference))


@pytest.mark.any_backend
@pytest.mark.filterwarnings("ignore:Gradients do not exist")
def test_a_layer_that_is_wrong_is_named():
    with pytest.raises(AssertionError, match=r"no gradient reaches .*unused"):
        testing.check_layer(Idle, X, ())
    testing.check_layer(Idle, X, (), excused=["unused"])
    with pytest.raises(AssertionError, match="loaded from a file"):
        testing.check_layer(_Random, X)
    with pytest.raises(ValueError, match=r"<locals>\.Local is defined in a function"):
        testing.check_layer(_local(), X)
    with pytest.raises(AssertionError, match=r"no gradient reaches dense.*/kernel"):
        testing.check_layer(Stopped, X, ())
    with pytest.raises(AssertionError, match="depend on the others of its batch"):
        testing.check_layer(Centred, X, ())


@pytest.mark.any_backend
def test_a_family_that_fails_in_half_precision_is_named():
    with pytest.raises(AssertionError, match="an output is not finite"):
        testing.check_family(Tiny(), X, 2, backends=())


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("task", "message"),
    [
        (Whole(), "encode does not select by rows"),
        (Altered(baselines={}), "there is no baseline"),
        (Altered(baselines={"mean": {"loss": 1.0}}), "'mean' has no 'r2_score'"),
        (
            Altered(baselines={"mean": {"r2_score": np.nan}}),
            "r2_score of 'mean' is not",
        ),
        (
            Altered(measure=Measured({"loss": 1.0}, {})),
            "measure does not return 'r2_score'",
        ),
        (
            Altered(measure=Measured({"r2_score": 1.0}, {})),
            "measure does not return 'loss'",
        ),
        (Altered(keras_metrics=[]), "metrics are"),
        (Undefined(), "r2_score is not a finite number"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_task_that_is_wrong_is_named(task: Task, message: str):
    with pytest.raises(AssertionError, match=message):
        testing.check_task(task, Y, RNG.normal(size=(12, 1)))


@pytest.mark.any_backend
def test_outputs_of_another_shape_are_named():
    with pytest.raises(AssertionError, match=r"output_shape gives \(1,\)"):
        testing.check_task(Regression(), Y, RNG.normal(size=(12, 2)))
    tokens, wider = RNG.integers(0, 7, size=(12, 8)), Input((8,), "int32", 9)
    with pytest.raises(AssertionError, match=r"output_shape gives \(8, 9\)"):
        testing.check_task(
            LanguageModelling(), tokens, np.zeros((12, 8, 7)), None, {"inputs": wider}
        )


@pytest.mark.any_backend
@pytest.mark.usefixtures("toykit")
@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("take", lambda x, rows, epoch: x + len(rows), "select by rows in epoch 0"),
        ("take", lambda x, rows, epoch: x + epoch * len(rows), "rows in epoch 1"),
        ("resident", None, "take differs from arrays in epoch 1"),
    ],
)
def test_examples_that_are_wrong_are_named(
    name: str, change: Any, message: str, monkeypatch: pytest.MonkeyPatch
):
    from toykit.noise import NoisyExamples
    from toykit.readings import Readings

    take = NoisyExamples.take

    def taken(self: Any, rows: np.ndarray, epoch: int = 0) -> Any:
        x, y = take(self, rows, epoch)
        return change(x, rows, epoch), y

    def resident(self: Any) -> Any:
        return take(self, np.arange(len(self)))

    replaced = {"take": taken, "resident": resident}[name]
    monkeypatch.setattr(NoisyExamples, name, replaced)
    np.savetxt("mine.readings", RNG.uniform(1, 9, size=(60, 4)))
    with pytest.raises(AssertionError, match=message):
        testing.check_kind(Readings(name="mine.readings", task="counts"))


@pytest.mark.slow
@pytest.mark.any_backend
def test_what_another_backend_does_otherwise():
    """With one backend, its own other process stands for the other one."""
    other = next((name for name in installed() if name != BACKEND), BACKEND)
    with pytest.raises(AssertionError, match=f"outputs differ under {other}, by"):
        testing.check_layer(Partial, X, [other])
    with pytest.raises(AssertionError, match=f"gives other weights under {other}"):
        testing.check_family(DrawnByKeras(), X, 2, backends=[other])


@keras.saving.register_keras_serializable(package="tests")
class Partial(keras.layers.Layer):
    """Is a tenth larger in the process that is compared with."""

    def build(self, shape: tuple) -> None:
        self.scale = self.add_weight(name="scale", shape=(), initializer="ones")

    def call(self, x: Any) -> Any:
        return x * self.scale * (1.1 if ELSEWHERE else 1)


@dataclass(frozen=True)
class DrawnByKeras(Family):
    name: Literal["drawn"] = "drawn"

    def build(self, input_shape, num_outputs, seed=0, name=None) -> keras.Model:
        kernel = keras.initializers.GlorotUniform(seed + ELSEWHERE)
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
