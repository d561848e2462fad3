"""A run may go without baselines, and is one like others."""

import json
from pathlib import Path

import numpy as np
import pytest

import kerasdl
from tests.jobs.helpers import verb

pytestmark = pytest.mark.any_backend


def test_they_are_left_out_and_scored_when_asked_again():
    given = ("train", "--preset", "mlp", "--data", "wine", "--run-dir", "run")
    code, said = verb(*given, "--epochs", "1", "--no-baselines", whole=True)
    assert code == 0, said
    assert "baseline" not in said
    assert "baseline" not in kerasdl.load("run").result
    code, said = verb("evaluate", "run", "--json")
    assert code == 0, said
    assert json.loads(said)["accuracy"] > 0
    assert "report" in verb("report", "run")[1]
    code, said = verb("resume", "run", "--epochs", "2", "--no-baselines", whole=True)
    assert (code, "baseline" in said) == (0, False)
    code, said = verb("resume", "run", "--epochs", "3", whole=True)
    assert code == 0, said
    assert "baseline logistic regression accuracy" in said


def test_in_python():
    rng = np.random.default_rng(0)
    data = rng.normal(size=(60, 3)), rng.integers(0, 2, 60)
    run = kerasdl.train(
        "mlp", data=data, epochs=1, run_dir="run", quiet=True, report=False,
        baselines=False,
    )  # fmt: skip
    assert "baseline" not in run.result
    assert Path("run", "model.keras").is_file()
