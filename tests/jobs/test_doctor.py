"""The doctor finds planted causes, and its command mends them."""

import json
import shlex
from pathlib import Path

import pytest

from kerasdl import manifest
from kerasdl.rundir import RunDir
from tests.jobs.helpers import trained, verb, verb_apart

SMALL = ("data.split_seed=0", "model.hidden_units=[16]", "training.epochs=8")


def seen(run: RunDir, *flags: str) -> dict:
    code, out, said = verb_apart(
        "doctor", str(run.path), "--json", "--minutes", "0.2", *flags
    )
    assert code == 0, said
    return json.loads(out)


@pytest.mark.any_backend
def test_a_rate_that_is_far_too_low_is_confirmed_and_mended():
    run, before = trained("mlp-tabular", *SMALL, "optimizer.learning_rate=1e-6")
    found = seen(run)
    assert found["hypotheses"][0]["cause"] == "learning rate too low"
    [first, *_] = found["tested"]
    assert (first["cause"], first["outcome"]) == ("learning rate too low", "confirmed")
    assert found["verdict"].startswith("learning rate too low: with optimizer.")
    assert json.loads((run.path / "doctor.json").read_text()) == found
    assert manifest.edited(run.path) == []
    _, *words = shlex.split(found["command"])
    assert verb(*words, "--run-dir", "better")[0] == 0
    after = RunDir(Path("better")).read_result() or {}
    assert after["test"]["roc_auc"] > before["test"]["roc_auc"]


@pytest.mark.any_backend
def test_reading_alone_trains_nothing_and_says_perhaps():
    run, _ = trained("mlp-tabular", *SMALL, "optimizer.learning_rate=1e-6")
    found = seen(run, "--no-experiments")
    assert found["verdict"].startswith("perhaps learning rate too low: ")
    assert "--set optimizer.learning_rate=0.0032" in found["command"]
    assert found["tested"] == []
    assert [path.name for path in Path("runs").iterdir()] == [run.name]


@pytest.mark.any_backend
def test_a_run_that_has_not_ended_is_not_diagnosed():
    run, _ = trained("mlp-tabular", *SMALL)
    (run.path / "result.json").unlink()
    (run.path / manifest.NAME).unlink()
    code, said = verb("doctor", str(run.path))
    assert (code, f"{run.path} has not ended — end it: kerasdl resume" in said) == (
        2,
        True,
    )
