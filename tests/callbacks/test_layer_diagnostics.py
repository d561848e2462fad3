"""Statistics of layers against NumPy, and a training that they leave as it is."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.datasets import load_digits

import kerasdl
from kerasdl.callbacks import Checkpoint, LayerDiagnostics
from kerasdl.callbacks.layer_statistics import LayerStatistics
from kerasdl.finding import Finding
from kerasdl.optimizers import GradientAccumulator, GradientMonitor, WeighedLoss
from tests.callbacks.helpers import Kill, KilledError, assert_equal, compiled, fit
from tests.variants import quickest

DIGITS = load_digits()
X, Y = (DIGITS.data[:96] / 16).astype("float32"), DIGITS.target[:96]
PROBE = X[:32], Y[:32]
LOGITS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
RATE = 0.1


def perceptron(optimizer: Any, loss: Any = LOGITS) -> keras.Model:
    keras.utils.set_random_seed(0)
    hidden = layers.Dense(16, "relu", name="hidden", bias_initializer="normal")
    made = keras.Sequential([keras.Input((64,)), hidden, layers.Dense(10, name="head")])
    made.compile(optimizer, loss, auto_scale_loss=False)
    return made


def by_hand(weights: list[np.ndarray]) -> dict[str, Any]:
    """Return statistics of `PROBE` by NumPy, and the gradients."""
    x, y = PROBE
    w1, b1, w2, b2 = (w.astype("float64") for w in weights)
    hidden = np.maximum(x @ w1 + b1, 0)
    logits = hidden @ w2 + b2
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    p[np.arange(len(y)), y] -= 1
    back = (p @ w2.T) * (hidden > 0)
    gradients = [x.T @ back, back.sum(0), hidden.T @ p, p.sum(0)]
    gradients = [gradient / len(y) for gradient in gradients]
    norms = [np.sqrt(sum((g**2).sum() for g in part)) for part in halves(gradients)]
    sizes = [np.sqrt(sum((w**2).sum() for w in part)) for part in halves(weights)]
    return {
        "activation_mean": [hidden.mean(), logits.mean()],
        "activation_std": [hidden.std(), logits.std()],
        "dead_share": [(hidden == 0).all(axis=0).mean()],
        "gradient_norm": norms,
        "update_ratio": [RATE * n / size for n, size in zip(norms, sizes, strict=True)],
    }


def halves(arrays: list[np.ndarray]) -> list[list[np.ndarray]]:
    return [arrays[:2], arrays[2:]]


def assert_by_hand(built: keras.Model) -> None:
    expected = by_hand(built.get_weights())
    measured = LayerStatistics(built).measure(PROBE)
    assert measured.keys() == expected.keys()
    for name, values in measured.items():
        assert [*values] == ["hidden", "head"][: len(values)]
        np.testing.assert_allclose([*values.values()], expected[name], rtol=1e-4)


@pytest.mark.parametrize("accelerated", [False, *quickest(True)])
def test_they_are_those_of_numpy(accelerated: bool):
    built = perceptron(GradientMonitor(keras.optimizers.SGD(RATE)))
    built.layers[0].bias.assign(built.layers[0].bias - 0.5)  # some units are dead
    if accelerated:
        kerasdl.accelerate(built)
    assert_by_hand(built)


@pytest.mark.any_backend
def test_loss_scales_and_accumulation_are_undone():
    scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(RATE), 2.0**10)
    built = perceptron(scaled)
    built.compile(scaled, LOGITS)
    assert_by_hand(built)
    inner = keras.optimizers.SGD(RATE)
    assert_by_hand(perceptron(GradientAccumulator(inner, 3, 3), WeighedLoss(LOGITS)))
    every_second = keras.optimizers.SGD(RATE, gradient_accumulation_steps=2)
    assert_by_hand(perceptron(every_second))


class Subclassed(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = layers.Dense(16, "relu")
        self.norm, self.drop = layers.BatchNormalization(), layers.Dropout(0.3, seed=1)
        self.head = layers.Dense(10)

    def call(self, inputs: Any, training: bool = False) -> Any:
        hidden = self.norm(self.hidden(inputs), training=training)
        return self.head(self.drop(hidden, training=training))


class OwnStep(Subclassed):
    """Also trains by its own step, which is that of Keras."""

    def train_step(self, *args: Any) -> Any:
        return super().train_step(*args)


def trained(kind: type[keras.Model], accelerated: bool, *watch: Any) -> keras.Model:
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(0)
    built = kind()
    built.compile(
        GradientMonitor(keras.optimizers.AdamW(0.01)), LOGITS, metrics=["accuracy"]
    )
    if accelerated:
        kerasdl.accelerate(built, report=lambda line: None)
    arguments = {"batch_size": 32, "shuffle": False, "verbose": 0}
    built.fit(X, Y, epochs=3, callbacks=[*watch], **arguments)
    return built


@pytest.mark.parametrize(
    ("kind", "accelerated"),
    [(Subclassed, True), *quickest((Subclassed, False), (OwnStep, False))],
)
def test_training_is_as_without_to_the_last_bit(kind: Any, accelerated: bool):
    watch = LayerDiagnostics(PROBE, every_epochs=2)
    watched = trained(kind, accelerated, watch)
    assert_equal(watched, trained(kind, accelerated))
    [line] = watch.lines
    assert line["epoch"] == 1
    assert watch.measured == {}  # in the last epoch
    for statistic in ("gradient_norm", "update_ratio", "activation_std"):
        names = [name for name in line if name.startswith(statistic)]
        assert len(names) == 3, names
        assert all(0 < line[name] < 100 for name in names)
    assert len([name for name in line if name.startswith("dead_share")]) == 1


class Hidden(Subclassed):
    """Its step passes no gradients to the optimizer of `compile`."""

    def train_step(self, *args: Any) -> Any:
        return {"distance": keras.ops.sum(self.head.kernel)}


@pytest.mark.any_backend
def test_a_step_that_hides_its_gradients():
    built = Hidden()
    built.compile("adam", LOGITS)
    watch = LayerDiagnostics(PROBE)
    built.fit(X, Y, epochs=1, verbose=0, callbacks=[watch])
    assert {name.partition("/")[0] for name in watch.lines[0]} == {
        "epoch", "activation_mean", "activation_std", "dead_share",
    }  # fmt: skip


@pytest.mark.any_backend
def test_what_cannot_be_measured_is_told_once_and_ends_nothing():
    found: list[Finding] = []
    watch = LayerDiagnostics((X[:32, :5], Y[:32]), report=found.append)
    built = perceptron("sgd")
    built.fit(X, Y, epochs=2, verbose=0, callbacks=[watch])
    assert [each.kind for each in found] == ["layers"]
    assert watch.lines == []


@pytest.mark.any_backend
def test_a_layer_of_dead_units_is_told_once():
    built = perceptron("sgd")
    built.layers[0].bias.assign(built.layers[0].bias - 100)
    given: dict[str, Any] = {"epochs": 2, "verbose": 0}
    with (
        pytest.warns(UserWarning, match="the gradient of .*hidden is zero"),
        pytest.warns(UserWarning, match="units of .*hidden are zero .* share of 1"),
    ):
        built.fit(X, Y, **given, callbacks=[LayerDiagnostics(PROBE)])
    found: list[Finding] = []
    built.fit(X, Y, **given, callbacks=[LayerDiagnostics(PROBE, report=found.append)])
    assert [each.kind for each in found] == ["no-gradient", "dead-units"]


@pytest.mark.any_backend
def test_epochs_are_counted_from_one():
    with pytest.raises(ValueError, match=r"`every_epochs` \(=0\) must be at least 1"):
        LayerDiagnostics(PROBE, every_epochs=0)


@pytest.mark.any_backend
def test_its_state_is_in_the_checkpoint(tmp_path):
    def watch() -> LayerDiagnostics:
        return LayerDiagnostics((X[:32].reshape(-1, 8, 8), Y[:32]))

    straight, killed, resumed = watch(), watch(), watch()
    whole = compiled()
    fit(whole, straight)
    saves = {"every_epochs": 1}
    checkpoint = Checkpoint(tmp_path, **saves, stateful=[killed])
    with pytest.raises(KilledError):
        fit(compiled(), killed, checkpoint, Kill(epochs=3))
    model = compiled()
    fit(model, resumed, Checkpoint(tmp_path, **saves, stateful=[resumed]))
    assert_equal(model, whole)
    assert resumed.lines == straight.lines
    assert len(resumed.lines) == 3
