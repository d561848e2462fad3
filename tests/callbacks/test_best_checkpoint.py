"""`best.json` names the best epoch, and its checkpoint is there."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from kerasdl.callbacks import Checkpoint
from kerasdl.checkpoint import files
from tests.callbacks.helpers import Kill, KilledError, compiled, fit

pytestmark = pytest.mark.any_backend


class Scores(keras.callbacks.Callback):
    """Puts drawn values in the place of the loss, and keeps the weights of each epoch."""

    def __init__(self, values: list[float]):
        super().__init__()
        self.values = values
        self.weights: list[np.ndarray] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs["score"] = self.values[epoch]
        self.weights.append(np.array(self.model.get_weights()[0]))


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize(
    "pace",
    [
        {},
        {"every_steps": 5},
        *(
            pytest.param(pace, marks=pytest.mark.slow)
            for pace in ({"every_epochs": 3}, {"every_epochs": 0})
        ),
    ],
    ids=str,
)
def test_the_best_of_all_epochs_whenever_saves_are_due(
    tmp_path: Path, mode: Any, pace: dict
):
    for seed in range(3):
        values = np.random.default_rng(seed).normal(size=8)
        values[seed] = np.nan  # never the best
        scores, folder = Scores(values.tolist()), tmp_path / str(seed)
        checkpoint = Checkpoint(folder, monitor="score", mode=mode, **pace)
        fit(compiled(), scores, checkpoint, epochs=8)
        best = json.loads((folder / "best.json").read_text())
        expected = np.nanargmin(values) if mode == "min" else np.nanargmax(values)
        assert best["epoch"] == expected
        kept = files.read(files.path_of(folder, best["step"]))
        kernel = kept.arrays["weights/sequential/head/kernel"]
        np.testing.assert_array_equal(kernel, scores.weights[expected])
        assert len(files.all_paths(folder)) <= 3


def test_a_best_epoch_that_was_not_yet_written_is_found_again(tmp_path: Path):
    values = [3.0, 1.0, 2.0, 4.0]
    for kill in ([Kill(steps=16)], []):  # amid the third epoch
        given = {"every_epochs": 0, "every_minutes": 0, "monitor": "score"}
        callbacks = [Scores(values), Checkpoint(tmp_path, **given), *kill]
        if kill:
            with pytest.raises(KilledError):
                fit(compiled(), *callbacks, epochs=4)
        else:
            fit(compiled(), *callbacks, epochs=4)
    assert json.loads((tmp_path / "best.json").read_text())["epoch"] == 1


@pytest.mark.parametrize(
    ("given", "monitor", "told"),
    [
        ({"validation_freq": 2}, "val_loss", False),
        ({}, "val_loss", False),
        ({}, "loss", False),
        ({}, "val_f1", True),
        ({"validation_freq": 2}, "val_f1", True),
        ({"validation_data": None}, "accuracy", False),
        ({"validation_data": None}, "acc", True),
    ],
    ids=str,
)
def test_a_metric_that_is_not_measured_is_told_once(
    tmp_path: Path, given: dict, monitor: str, told: bool
):
    lines: list[str] = []
    checkpoint = Checkpoint(tmp_path, monitor=monitor, report=lines.append)
    fit(compiled(), checkpoint, epochs=4, **given)
    assert [monitor in line for line in lines] == [True] * told
    assert (tmp_path / "best.json").exists() != told


def test_validation_that_never_came_is_told_at_the_end(tmp_path: Path):
    lines: list[str] = []
    checkpoint = Checkpoint(tmp_path, report=lines.append)
    fit(compiled(), checkpoint, epochs=2, validation_data=None)
    assert ["val_loss is not measured" in line for line in lines] == [True]
