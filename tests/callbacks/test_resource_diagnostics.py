"""Speed and memory are those that the operating system and the clock tell."""

import time
from typing import Any

import keras
import numpy as np
import pytest

from kerasdl.callbacks import Checkpoint, ResourceDiagnostics
from kerasdl.callbacks.host_memory import peak_resident_bytes, resident_bytes
from tests.callbacks.helpers import Kill, KilledError, compiled, fit

pytestmark = pytest.mark.any_backend


class Slow(keras.callbacks.Callback):
    def __init__(self, training: float, validation: float):
        super().__init__()
        self.training, self.validation = training, validation

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        time.sleep(self.training)

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        time.sleep(self.validation)


def test_the_speed_is_that_of_training_alone():
    watch = ResourceDiagnostics()
    fit(compiled(), Slow(0.01, 0.5), watch, epochs=2)
    rates = [line["batches_per_second"] for line in watch.lines]
    assert [line["epoch"] for line in watch.lines] == [0, 1]
    # Half a second for each of two batches of validation would leave 6.5 a second.
    assert 7 / (7 * 0.01 + 2 * 0.5) < max(rates) <= 1 / 0.01


def test_resident_memory():
    before = resident_bytes()
    kept = np.ones(1 << 25)  # 256 MiB
    assert resident_bytes() - before > 0.9 * kept.nbytes
    assert resident_bytes() < 1.01 * peak_resident_bytes()  # they are counted apart
    del kept
    assert resident_bytes() - before < 1 << 27


def test_its_state_is_in_the_checkpoint(tmp_path):
    watch = ResourceDiagnostics()
    saves = {"every_epochs": 1, "stateful": [watch]}
    with pytest.raises(KilledError):
        fit(compiled(), watch, Checkpoint(tmp_path, **saves), Kill(epochs=3))
    resumed = ResourceDiagnostics()
    fit(compiled(), resumed, Checkpoint(tmp_path, **saves | {"stateful": [resumed]}))
    assert resumed.lines[:2] == watch.lines[:2]
    assert [line["epoch"] for line in resumed.lines] == [0, 1, 2]
