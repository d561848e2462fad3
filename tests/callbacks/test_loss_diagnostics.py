"""What the losses of a plain `fit` say, in findings of the losses it was given."""

import warnings
from typing import Any

import keras
import numpy as np
import pytest

import kerasdl
from kerasdl.callbacks import Checkpoint, LossDiagnostics
from kerasdl.finding import Finding
from kerasdl.optimizers import GradientMonitor
from tests.callbacks.helpers import Kill, KilledError, compiled, fit
from tests.variants import variants

X = np.random.default_rng(0).normal(size=(640, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)
SPIKE = np.where(np.arange(640)[:, None] // 20 == 26, Y + 20, Y)  # batches 260 to 269


def model(optimizer: Any = "sgd") -> keras.Model:
    made = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    made.compile(optimizer, "mse")
    return made


def told(y: np.ndarray, built: keras.Model, **given: Any) -> list[Finding]:
    findings: list[Finding] = []
    given = {"shuffle": False, "verbose": 0} | given
    built.fit(X, y, callbacks=[LossDiagnostics(findings.append)], **given)
    return findings


@pytest.mark.parametrize("accelerated", [*variants(False), True])
def test_a_spike_in_an_epoch(accelerated: bool):
    """Keras logs the mean since the epoch began, in which a spike hardly shows."""
    built = model(keras.optimizers.SGD(1e-4))
    if accelerated:
        kerasdl.accelerate(built, steps_per_execution=2)
    [found] = told(SPIKE, built, batch_size=2)
    assert found.kind == "loss-spike"
    assert "near batch 270 of epoch 1" in found.what
    before = built.evaluate(X[520:540], SPIKE[520:540], verbose=0)
    assert found.value == pytest.approx(before, rel=0.1)


@pytest.mark.any_backend
def test_a_loss_that_is_not_finite():
    [found] = told(Y * np.nan, model())
    assert (found.kind, found.severity) == ("loss-not-finite", "error")
    [found] = told(Y * np.nan, model(GradientMonitor(keras.optimizers.SGD())))
    assert found.severity == "warning"


@pytest.mark.any_backend
def test_a_model_that_does_not_learn_is_told_once_and_by_a_warning():
    frozen = keras.optimizers.SGD(1e-12)
    [found] = told(Y, model(frozen), epochs=12, batch_size=320)
    assert (found.kind, found.severity) == ("plateau", "warning")
    with pytest.warns(UserWarning, match="has not fallen by 1% in 10 epochs"):
        model(keras.optimizers.SGD(1e-12)).fit(
            X, Y, 320, 12, verbose=0, callbacks=[LossDiagnostics()]
        )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model().fit(X, Y, epochs=2, verbose=0, callbacks=[LossDiagnostics()])


class OwnStep(keras.Model):
    """Its loss may be that of each batch, for all that one knows."""

    def __init__(self) -> None:
        super().__init__()
        self.head = keras.layers.Dense(1)

    def call(self, inputs: Any) -> Any:
        return self.head(inputs)

    def train_step(self, *args: Any) -> Any:
        return super().train_step(*args)


@pytest.mark.slow
def test_a_step_of_its_own_is_watched_by_epoch():
    built = OwnStep()
    built.compile(keras.optimizers.SGD(1e-4), "mse")
    assert told(SPIKE, built, batch_size=2) == []


@pytest.mark.any_backend
def test_its_state_is_in_the_checkpoint(tmp_path):
    watch = LossDiagnostics(lambda finding: None)
    saves = {"every_steps": 1, "every_epochs": 0, "stateful": [watch]}
    with pytest.raises(KilledError):
        fit(compiled(), watch, Checkpoint(tmp_path, **saves), Kill(steps=10))
    resumed = LossDiagnostics(lambda finding: None)
    history = fit(
        compiled(), resumed, Checkpoint(tmp_path, **saves | {"stateful": [resumed]})
    )
    assert resumed.losses == history["loss"]
    assert resumed.val_losses == history["val_loss"]
    assert len(resumed.losses) == 3
