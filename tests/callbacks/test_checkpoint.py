"""Which checkpoints are kept, which are read, and which are refused."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from kerasdl.callbacks import Checkpoint
from kerasdl.checkpoint import files
from kerasdl.errors import DataError, ModelFileError
from tests.callbacks.helpers import (
    Kill,
    KilledError,
    assert_equal,
    compiled,
    fit,
    narrow,
)

pytestmark = pytest.mark.any_backend


def test_the_newest_and_the_best_stay(tmp_path: Path):
    scores = iter([0.5, 0.2, 0.4, 0.6, 0.3])

    class Score(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            logs["score"] = next(scores)

    checkpoint = Checkpoint(
        tmp_path, every_epochs=1, every_minutes=0, monitor="score", mode="min"
    )
    fit(compiled(), Score(), checkpoint, epochs=5)
    steps = [int(path.name[5:]) for path in files.all_paths(tmp_path)]
    assert steps == [14, 28, 35]
    best = json.loads((tmp_path / "best.json").read_text())
    assert best == {"step": 14, "epoch": 1, "monitor": "score", "value": 0.2}


def test_a_damaged_one_is_passed_over_aloud(tmp_path: Path):
    checkpoint = {"every_epochs": 1, "every_minutes": 0}
    straight = compiled()
    fit(straight, Checkpoint(tmp_path, **checkpoint))
    (files.all_paths(tmp_path)[-1] / files.DETAILS).write_text("{}")
    model, lines = compiled(), []
    fit(model, Checkpoint(tmp_path, report=lines.append, **checkpoint))
    assert "step-00000021 is damaged" in lines[0]
    assert "trying the previous one" in lines[0]
    assert_equal(model, straight)


def test_lost_weights_are_not_saved(tmp_path: Path):
    class Lose(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                bias = self.model.trainable_variables[-1]
                bias.assign(np.full(bias.shape, np.inf))

    lines: list[str] = []
    every = {"every_steps": 2, "every_epochs": 1, "every_minutes": 0}
    checkpoint = Checkpoint(
        tmp_path, **every, monitor="accuracy", mode="max", report=lines.append
    )
    fit(compiled(), Lose(), checkpoint, epochs=4)
    assert len(lines) == 1
    assert "is not finite" in lines[0]
    newest = files.read_newest(tmp_path, pytest.fail)
    assert newest is not None
    assert (newest.details["epoch"], newest.details["batch"]) == (2, 0)
    best = json.loads((tmp_path / "best.json").read_text())
    assert best["step"] <= newest.step
    assert files.path_of(tmp_path, best["step"]).exists()


def test_none_that_verifies(tmp_path: Path):
    fit(compiled(), Checkpoint(tmp_path), epochs=1)
    for path in files.all_paths(tmp_path):
        (path / files.ARRAYS).unlink()
    model = compiled()
    before = model.get_weights()
    with pytest.raises(ModelFileError, match="none of the 1 checkpoints"):
        fit(model, Checkpoint(tmp_path, report=lambda _: None))
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def deep() -> keras.Model:
    parts = [layers.Flatten(), layers.Dense(4), layers.Dense(10, name="head")]
    return keras.Sequential([keras.Input((8, 8)), *parts])


def wide() -> keras.Model:
    return keras.Sequential(
        [keras.Input((8, 8)), layers.Flatten(), layers.Dense(11, name="head")]
    )


@pytest.mark.parametrize(
    ("build", "optimizer", "words"),
    [
        (wide, "adam", r"weights/sequential/head/kernel is \(64, 10\) in .*\(64, 11\)"),
        (deep, "adam", "has no weights/sequential/dense/kernel"),
        (partial(narrow, "float16"), "adam", "is float32 in .* float16"),
        (narrow, "sgd", "the optimizer Adam, the model has SGD"),
    ],
)
def test_another_model_is_refused_untouched(
    tmp_path: Path, build: Callable, optimizer: str, words: str
):
    fit(compiled(narrow, keras.optimizers.Adam), Checkpoint(tmp_path), epochs=1)
    model = compiled(build, lambda: keras.optimizers.get(optimizer))
    before = model.get_weights()
    with pytest.raises(ModelFileError, match=words) as caught:
        fit(model, Checkpoint(tmp_path))
    assert caught.value.exit_code == 4
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_other_data_or_callbacks_are_refused(tmp_path: Path):
    stopping = keras.callbacks.EarlyStopping()
    checkpoint = Checkpoint(tmp_path, every_steps=1, stateful=[stopping])
    with pytest.raises(KilledError):
        fit(compiled(), stopping, checkpoint, Kill(steps=5))
    with pytest.raises(ModelFileError, match="whose state the checkpoint has"):
        fit(compiled(), Checkpoint(tmp_path))
    with pytest.raises(DataError, match="end before batch 4") as caught:
        fit(compiled(), stopping, checkpoint, batch_size=128)
    assert caught.value.exit_code == 3


def test_callbacks_that_would_forget_are_refused(tmp_path: Path):
    def parts() -> list:
        stopping = keras.callbacks.EarlyStopping("val_loss")
        checkpoint = Checkpoint(
            tmp_path, every_epochs=1, every_minutes=0, stateful=[stopping]
        )
        return [checkpoint, stopping]

    fit(compiled(), *parts(), epochs=2)
    with pytest.raises(ValueError, match="put EarlyStopping before Checkpoint"):
        fit(compiled(), *parts(), epochs=3)
    fit(compiled(), *reversed(parts()), epochs=3)


def test_a_best_that_nothing_decides_is_told(tmp_path: Path):
    told: list[str] = []
    fit(compiled(), Checkpoint(tmp_path, monitor="score", report=told.append), epochs=2)
    assert told == ["no best checkpoint is kept: score is not measured"]


def test_damaged_ones_ahead_are_no_obstacle(tmp_path: Path):
    checkpoint = {"every_steps": 2, "report": lambda _: None}
    with pytest.raises(KilledError):
        fit(compiled(), Checkpoint(tmp_path, **checkpoint), Kill(steps=11))
    (tmp_path / "step-00000008" / files.ARRAYS).write_bytes(b"")
    fit(compiled(), Checkpoint(tmp_path, **checkpoint | {"every_steps": 3}))
    assert files.read_newest(tmp_path, pytest.fail).step == 21


@pytest.mark.parametrize(
    "arguments", [{"keep": 1}, {"every_steps": -1}, {"every_minutes": -0.5}], ids=str
)
def test_arguments_out_of_range(arguments: dict):
    with pytest.raises(ValueError, match="must be ≥"):
        Checkpoint("checkpoints", **arguments)
