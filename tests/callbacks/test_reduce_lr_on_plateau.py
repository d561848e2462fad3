from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from kerasdl.callbacks import Checkpoint, MetricsLog, ReduceLROnPlateau
from kerasdl.optimizers import GradientMonitor

X, Y = np.ones((4, 3), "float32"), np.ones((4, 1), "float32")
COURSE = [3.0, 2.0, 2.0, np.nan, 2.0, 1.9999, 1.0, 1.0, 1.0, 1.0]


class Course(keras.callbacks.Callback):
    """Puts a given value into the logs of each epoch."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if (value := COURSE[epoch]) is not None:
            logs["score"] = value


class Rates(keras.callbacks.Callback):
    """Keeps the learning rate with which each epoch begins."""

    def on_train_begin(self, logs: Any = None) -> None:
        self.rates: dict[int, float] = {}

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        rate = keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)
        self.rates[epoch] = float(rate)


class KilledError(Exception):
    pass


class Kill(keras.callbacks.Callback):
    def __init__(self, epoch: int):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if epoch == self.epoch:
            raise KilledError


def network() -> keras.Model:
    layers = [keras.Input((3,)), keras.layers.Dense(1, name="dense")]
    return keras.Sequential(layers, name="network")


def fitted(*callbacks: keras.callbacks.Callback, epochs: int = 10) -> dict[int, float]:
    """Return the learning rate of each epoch."""
    model = network()
    model.compile(GradientMonitor(keras.optimizers.SGD(0.4)), "mse")
    rates = Rates()
    callbacks = (Course(), rates, *callbacks)
    model.fit(X, Y, 4, epochs=epochs, verbose=0, callbacks=list(callbacks))
    return rates.rates


def test_the_rate_is_cut_and_each_cut_is_said():
    lines: list[str] = []
    log = MetricsLog(lambda _: None, len(X), lambda: None)
    cut = ReduceLROnPlateau("score", 0.5, 2, report=lines.append)
    rates = fitted(log, cut)
    expected = [0.4] * 5 + [0.2] * 5
    assert list(rates.values()) == pytest.approx(expected)
    assert [line["learning_rate"] for line in log.lines] == pytest.approx(expected)
    assert lines == [
        "learning rate cut to 0.2 after epoch 5: score has not improved for 3 epochs",
        "learning rate cut to 0.1 after epoch 10: score has not improved for 3 epochs",
    ]


@pytest.mark.variant
def test_a_cut_of_nothing_is_none():
    lines: list[str] = []
    cut = ReduceLROnPlateau("score", 1e-9, 0, report=lines.append)
    rates = fitted(cut)
    assert len(lines) == 1
    assert list(rates.values())[-1] == pytest.approx(4e-10)


@pytest.mark.variant
def test_it_goes_on_where_it_was(tmp_path: Path):
    def callbacks() -> list:
        cut = ReduceLROnPlateau("score", 0.5, 2)
        every = {"every_epochs": 1, "every_minutes": 0}
        return [cut, Checkpoint(tmp_path, monitor="score", stateful=[cut], **every)]

    straight = fitted(ReduceLROnPlateau("score", 0.5, 2))
    with pytest.raises(KilledError):
        fitted(*callbacks(), Kill(4))
    rates = fitted(*callbacks())
    assert rates == {epoch: straight[epoch] for epoch in range(4, 10)}
    assert fitted(*callbacks()) == {}  # nothing is left to do, and nothing to warn of


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("best", [None, 2.0])
def test_it_takes_the_state_of_keras_callback(mode: str, best: float | None):
    """One epoch less of patience and no threshold is what Keras's rule was."""
    sign = 1 if mode == "min" else -1
    ours = ReduceLROnPlateau("score", 0.5, 2 - 1, 0.0, mode)
    kerass = keras.callbacks.ReduceLROnPlateau(
        "score", 0.5, patience=2, mode=mode, min_delta=0.0
    )
    wait = 0 if best is None else 1
    state = {"wait": wait, "best": best and sign * best, "cooldown_counter": 0}
    ours.set_state(state)
    model = network()
    model.compile("sgd", "mse")
    rates = []
    for callback in (ours, kerass):
        model.optimizer.learning_rate = 1.0
        callback.set_model(model)
        if callback is kerass:
            callback.on_train_begin()
            vars(kerass).update(state)
        rates.append([])
        for epoch, value in enumerate([2.0, 3.0, 3.0, 1.0, 1.0, 1.0, 1.0]):
            callback.on_epoch_end(epoch, {"score": sign * value})
            rates[-1].append(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
    assert rates[0] == rates[1]
    assert rates[0][-1] < 1


@pytest.mark.variant
def test_a_metric_that_is_never_measured_is_said(monkeypatch: pytest.MonkeyPatch):
    lines: list[str] = []
    fitted(ReduceLROnPlateau("val_loss", report=lines.append), epochs=2)
    assert lines == ["the learning rate was never cut: val_loss is not measured"]
    with pytest.warns(UserWarning, match="never cut"):
        fitted(ReduceLROnPlateau("val_loss"), epochs=2)
    monkeypatch.setattr(f"{__name__}.COURSE", [None, 1.0, None, 1.0])
    lines.clear()
    fitted(ReduceLROnPlateau("score", 0.5, 0, report=lines.append), epochs=4)
    assert len(lines) == 1  # an epoch without it does not count
    assert "after epoch 4: score has not improved for 1 epoch" in lines[0]


@pytest.mark.parametrize(
    "arguments",
    [{"factor": 1.0}, {"factor": 0.0}, {"patience": -1}, {"threshold": 1.0},
     {"threshold": -0.1}, {"mode": "auto"}],
)  # fmt: skip
def test_what_is_out_of_range_is_refused(arguments: dict[str, Any]):
    with pytest.raises(ValueError, match="must"):
        ReduceLROnPlateau(**arguments)
