"""What verbs print of runs that are not as usual."""

import json
from pathlib import Path

import numpy as np
import pytest

from kerasdl import manifest
from kerasdl.rundir import RunDir
from tests.jobs.helpers import verb_apart

pytestmark = pytest.mark.any_backend


def test_json_stays_strict_and_alone_on_stdout():
    """The score of numbers that are all the same is not a number."""
    x = np.random.default_rng(0).normal(size=(60, 2))
    np.savez("flat.npz", x=x, y=np.ones(60))
    flags = ["--data", "flat.npz", "--epochs", "1", "--json"]
    code, out, err = verb_apart("train", "--preset", "mlp-regression", *flags)
    assert code == 0, err
    assert "epoch 1/1" in err

    def refuse(name: str):
        raise ValueError(name)

    json.loads(out, parse_constant=refuse)


def test_a_diverged_run_can_be_looked_at():
    far = ("--set", "optimizer.name=sgd", "--lr", "1")
    far = (*far, "--set", "optimizer.global_clipnorm=0", "--run-dir", "far")
    code, _, err = verb_apart("train", "--preset", "mlp-regression", *far)
    assert code == 8
    *warnings, error = err.splitlines()
    assert all(line.startswith("warning: ") for line in warnings)
    assert error.startswith("error: ")
    assert "of epoch 5 on; the best model is kept" in error
    assert error.endswith("kerasdl replay far")
    code, out, _ = verb_apart("replay", "far", "--json")
    assert code == 0
    found = json.loads(out)
    assert (found["epoch"], found["finite"]) == (4, False)


def assert_refused(arguments: tuple[str, ...], code: int, *words: str) -> None:
    ended, _, err = verb_apart(*arguments)
    assert ended == code, err
    line = err.splitlines()[-1]
    assert line.startswith("error: ")
    for word in words:
        assert word in line


def test_a_finished_run(copied_run: RunDir):
    path = str(copied_run.path)
    words = "completed, and its config has 5 epochs", "--epochs"
    assert_refused(("resume", path), 2, *words)
    assert_refused(("resume", "nowhere"), 2, "no run at nowhere")
    assert_refused(("replay", path), 4, "has no capsule")
    before = Path(path, "metrics.jsonl").read_text().splitlines()
    assert verb_apart("resume", path, "--epochs", "6")[0] == 0
    assert Path(path, "metrics.jsonl").read_text().splitlines()[:5] == before
    assert_refused(("resume", path, "--epochs", "2"), 2, "6 epochs", "larger --epochs")


def test_a_resume_that_is_refused_changes_nothing(copied_run: RunDir):
    config = copied_run.path / "config.toml"
    config.write_text(config.read_text().replace("    256,", "    64,"))
    (copied_run.path / manifest.NAME).unlink()
    files = [path for path in copied_run.path.rglob("[!.]*") if path.is_file()]
    before = {path: path.read_bytes() for path in files}
    assert_refused(("resume", str(copied_run.path), "--epochs", "7"), 4, "(64, 256)")
    assert before == {path: path.read_bytes() for path in files}
