"""Runs in Python."""

import json
from pathlib import Path

import numpy as np
import pytest

import kerasdl
from kerasdl import manifest
from kerasdl.errors import ConfigError, DataError, InvalidConfigError
from kerasdl.jobs.evaluate import evaluate
from kerasdl.jobs.resume import resume
from tests.jobs.helpers import SELECTION

pytestmark = pytest.mark.any_backend
RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 4)).astype("float32")
Y = (X[:, 0] > 0).astype(int)
SMALL = {"model.hidden_units": [8], "epochs": 2, "report": False}
SMALL |= {"training.accelerate": False}


def test_arrays_in_memory_are_kept_with_the_run(capsys: pytest.CaptureFixture):
    run = kerasdl.train("mlp-tabular", data=(X, Y), **SMALL)
    shown = capsys.readouterr().out
    assert shown.count("\n") == 1  # one line that changes
    assert "epoch 1/2" in shown
    assert "epoch 2/2" in shown
    assert [line["epoch"] for line in run.history] == [0, 1]
    assert run.result == json.loads((run.path / "result.json").read_text())
    assert run.model.output_shape == (None, 2)
    assert evaluate(run.directory)["accuracy"] == run.result["test"]["accuracy"]
    assert manifest.edited(run.path) == []
    assert resume(run.path, SELECTION, epochs=3)["status"] == "completed"
    assert len(kerasdl.load(run.path).history) == 3


def test_a_test_set_is_kept_as_well():
    lists = X[:90].tolist(), Y[:90].tolist(), X[90:].tolist(), Y[90:].tolist()
    run = kerasdl.train("mlp-tabular", data=lists, quiet=True, **SMALL)
    again = evaluate(run.directory)
    assert again["examples"] == 30
    assert again["accuracy"] == run.result["test"]["accuracy"]
    assert resume(run.path, SELECTION, epochs=3)["status"] == "completed"


def test_arrays_choose_preset_and_task():
    numbers = X[:, 0] + 0.5 * X[:, 1]
    run = kerasdl.train(data=(X, numbers), quiet=True, **{**SMALL, "epochs": 1})
    assert run.path.name == "tabm-1"
    assert "r2_score" in run.result["test"]
    with pytest.raises(ConfigError, match="no preset is the default for these data"):
        kerasdl.train(data=(X.reshape(120, 1, 2, 1, 2), Y))


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ((X, Y, X), "`data` has 3 arrays — give"),
        ((X, Y[:, None]), r"y has shape \(120, 1\) in data — give y the shape"),
        ((X, Y[:3]), r"x has 120 rows in data, y has shape \(3,\)"),
    ],
)
def test_arrays_that_do_not_fit_together(data: tuple, line: str):
    with pytest.raises(DataError, match=line):
        kerasdl.train("mlp-tabular", data=data, quiet=True, **SMALL)
    assert not Path("runs").exists()


def test_it_is_the_run_of_the_command_line(monkeypatch: pytest.MonkeyPatch):
    run = kerasdl.train("mlp", "iris", run_dir="here", quiet=True, **SMALL)
    again = kerasdl.train("mlp", "iris", quiet=True, seed=0, **SMALL)
    assert (run.path, again.path) == (Path("here"), Path("runs/mlp-1"))
    assert run.result["test"] == again.result["test"]
    assert kerasdl.load("mlp-1").path == Path("runs/mlp-1")


def test_a_run_shows_its_scores():
    run = kerasdl.train("mlp", "iris", run_dir="a<b", quiet=True, **SMALL)
    accuracy = f"{run.result['test']['accuracy']:.4g}"
    assert repr(run).startswith("Run('a<b', completed, loss ")
    shown = run._repr_html_()
    assert "a&lt;b: completed" in shown
    assert f"<td>{accuracy}</td>" in shown
    assert "logistic regression" in shown


def test_faults_are_those_of_the_command_line():
    with pytest.raises(InvalidConfigError, match="did you mean epochs"):
        kerasdl.train("mlp", **{"training.epoch": 3})
    with pytest.raises(ConfigError, match="no run at nowhere"):
        kerasdl.load("nowhere")
    assert not Path("runs").exists()
