"""Runs of TabM, whose bins come from the training rows."""

import csv
import io
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasdl.jobs.evaluate import evaluate
from kerasdl.jobs.resume import resume
from kerasdl.rundir import RunDir
from tests.jobs.helpers import SELECTION, verb

SMALL = ("--set", "model.hidden_units=[8]", "--set", "model.members=3")
SMALL += ("--set", "model.bins=6", "--set", "model.number_units=4", "--json")


@pytest.fixture
def table() -> None:
    """Write a table whose label follows from two numbers; half of one is 0."""
    drawn = np.random.default_rng(0)
    lines = ["n,zeros,c,y"]
    for row in range(160):
        n, zeros = drawn.normal(), max(0.0, drawn.normal())
        label = "yes" if n + zeros > 0.3 else "no"
        lines.append(f"{n:.3f},{zeros:.2f},{'ab'[row % 2]},{label}")
    Path("t.csv").write_text("\n".join(lines))


def train(run: str, epochs: int) -> None:
    given = ("--data", "t.csv", "--target", "y", "--batch-size", "32", "--lr", "0.02")
    given += ("--preset", "tabm", *SMALL, "--epochs", str(epochs), "--run-dir", run)
    given += ("--no-report",)
    code, said = verb("train", *given)
    assert code == 0, said


@pytest.mark.any_backend
@pytest.mark.usefixtures("table")
def test_resumed_it_is_the_same_run():
    train("whole", 4)
    train("parts", 3)
    assert resume(Path("parts"), SELECTION, epochs=4)["status"] == "completed"
    whole, parts = (RunDir(Path(name)) for name in ("whole", "parts"))
    losses = [
        [epoch["val_loss"] for epoch in run.read_epochs()] for run in (whole, parts)
    ]
    assert losses[0] == losses[1]
    results = [run.read_result() for run in (whole, parts)]
    one, other = (result and result["test"] for result in results)
    assert one
    assert one == other
    assert one["accuracy"] > 0.7
    assert evaluate(whole)["accuracy"] == one["accuracy"]
    model = keras.saving.load_model(whole.model_file)
    edges = keras.ops.convert_to_numpy(model.get_layer("numbers").edges)
    assert len(np.unique(edges[0])) == 7
    assert len(np.unique(edges[1])) < 6  # half of the numbers are 0
    assert verb("predict", "whole", "--data", "t.csv", "--output", "out.csv")[0] == 0
    rows = [*csv.DictReader(io.StringIO(Path("out.csv").read_text()))]
    shares = [
        float(row["probability no"]) + float(row["probability yes"]) for row in rows
    ]
    np.testing.assert_allclose(shares, 1, atol=1e-6)


@pytest.mark.any_backend
@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("key", ["training.class_weights=balanced", "data.weight=n"])
def test_it_takes_no_weights(key: str):
    lines = Path("t.csv").read_text().replace("-", "")  # a weight is not negative
    Path("t.csv").write_text(lines)
    given = ("--preset", "tabm", *SMALL, "--epochs", "1", "--set", key)
    code, said = verb("train", "--data", "t.csv", "--target", "y", *given)
    assert code == 2
    assert "error: model.name (='tabm') takes no weights of rows or classes" in said
    assert not Path("runs").exists()
