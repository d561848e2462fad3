"""Runs whose checkpoints, data or length do not allow them to go on as they were."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from kerasdl import layers, manifest
from kerasdl.checkpoint import files
from kerasdl.layers import ScheduledDropout
from kerasdl.models.families.mlp import MLP
from kerasdl.rundir import RunDir
from tests.jobs.helpers import trained, verb

pytestmark = pytest.mark.any_backend
X, Y = np.random.default_rng(0).normal(size=(90, 4)), np.arange(90) % 3


def as_if_stopped(run: RunDir) -> None:
    for name in ("result.json", manifest.NAME):
        (run.path / name).unlink()


def test_damaged_checkpoints():
    run, _ = trained("mlp", "training.epochs=3", "checkpoint.every_epochs=1")
    as_if_stopped(run)
    paths = files.all_paths(run.checkpoints)
    (paths[-1] / files.ARRAYS).write_bytes(b"")
    code, said = verb("verify", run.name)
    assert code == 4
    assert "state.safetensors does not match MANIFEST.json" in said
    assert f"1 of {len(paths)} checkpoints are damaged" in said
    _, said = verb("verify", run.name, "--json")
    found = json.loads(said[: said.rindex("]") + 1])
    assert [bool(checkpoint["fault"]) for checkpoint in found] == [False, True]
    code, said = verb("resume", run.name)
    assert code == 0
    assert f"warning: checkpoint {paths[-1]} is damaged" in said
    assert f"{paths[-1]} is damaged" in (run.path / "events.jsonl").read_text()
    as_if_stopped(run)
    for path in paths:
        (path / manifest.NAME).write_bytes(b"{}")
    code, said = verb("resume", run.name)
    assert (code, "none of the 2 checkpoints" in said) == (4, True)


def test_what_follows_the_steps_goes_on_after_a_resume(monkeypatch):
    """The rates of learning, decay and dropout, bit for bit, from the first epoch."""

    def dropout(rate, seed, name):
        return ScheduledDropout(rate, seed=seed, name=name)

    factors = lambda self, model: {v.path: 0.5 for v in model.trainable_variables[::2]}
    monkeypatch.setattr(layers, "Dropout", dropout)
    monkeypatch.setattr(MLP, "rate_factors", factors)
    flat = "optimizer.weight_decay_schedule=flat-cosine", "schedule.name=cosine-log"
    flags = "training.epochs=4", "checkpoint.every_epochs=1", "checkpoint.keep=4"
    run, result = trained("mlp", "model.dropout=0.5", *flat, *flags)
    expected = files.read_newest(run.checkpoints, lambda _: None)
    as_if_stopped(run)
    for path in files.all_paths(run.checkpoints)[1:]:
        shutil.rmtree(path)
    assert verb("resume", run.name)[0] == 0
    resumed = files.read_newest(run.checkpoints, lambda _: None)
    assert (expected.step, expected.arrays.keys()) == (80, resumed.arrays.keys())
    for name, array in expected.arrays.items():
        assert np.array_equal(array, resumed.arrays[name]), name
    assert run.read_result()["test"] == result["test"]


def test_other_data_are_refused():
    np.savez("mine.npz", x=X, y=Y)
    run, _ = trained("mlp-tabular", "data.name=mine.npz", "training.epochs=1")
    np.savez("mine.npz", x=X + 1, y=Y)
    code, said = verb("resume", run.name, "--epochs", "2")
    assert (code, "the data differ from those" in said) == (3, True)


def test_a_run_that_stopped_early_takes_no_more_epochs():
    flags = "training.epochs=40", "training.patience=1", "optimizer.learning_rate=1"
    run, _ = trained("mlp", *flags)
    epochs = len((run.path / "metrics.jsonl").read_text().splitlines())
    assert epochs < 40
    code, said = verb("resume", run.name, "--epochs", "50")
    assert code == 2
    assert f"stopped early, after {epochs} epochs" in said
    assert (run.path / "result.json").exists()


def test_the_config_of_a_run_repeats_it():
    run, result = trained("mlp", "training.epochs=2")
    flags = ["--config", str(run.path / "config.toml"), "--run-dir", "again"]
    assert verb("train", *flags)[0] == 0
    again = json.loads(Path("again/result.json").read_text())
    assert again["test"] == result["test"]


def test_a_dry_run_trains_nothing():
    code, said = verb("train", "--preset", "mlp", "--dry-run")
    assert code == 0
    for words in ("hidden_units", "1221 train", "52,362", "1,200", "0.003 highest"):
        assert words in said
    _, said = verb("train", "--preset", "mlp", "--dry-run", "--json")
    assert json.loads(said.splitlines()[-1])["steps"] == 1200
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    ("arrays", "code", "words"),
    [
        ({"x": X, "y": Y[:50]}, 3, ["x has 90 rows", "(50,)"]),
        ({"x": np.where(X[7, 2] == X, np.nan, X), "y": Y}, 3, ["row 7, column 2"]),
        ({"x": X, "y": np.where(np.arange(90) == 5, -1, Y)}, 3, ["-1 at row 5"]),
        ({"x": X, "y": np.where(np.arange(90) == 5, 99, Y)}, 3, ["99 at row 5"]),
        ({"x": X, "y": Y.astype(float)}, 3, ["y has dtype float64"]),
        ({"x": X}, 3, ["not both x and y"]),
        ({"x": X, "y": np.array([{}] * 90)}, 7, ["pickled objects"]),
    ],
)
def test_bad_arrays_end_in_one_line(arrays, code, words):
    np.savez("mine.npz", **arrays)
    ended, said = verb("train", "--preset", "mlp", "--data", "mine.npz")
    assert ended == code
    [line] = said.splitlines()
    assert line.startswith("error: ")
    assert " — " in line
    assert all(word in line for word in ("mine.npz", *words))
    assert not Path("runs").exists()
