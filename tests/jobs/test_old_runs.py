"""Runs that version 0.1.0 left stopped amid an epoch load, evaluate and resume."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasdl import runs_folder
from kerasdl.checkpoint import files
from kerasdl.jobs import assemble
from kerasdl.jobs.evaluate import evaluate
from kerasdl.jobs.replay import replay
from kerasdl.jobs.resume import resume
from kerasdl.jobs.verify import verify_files
from kerasdl.rundir import RunDir
from kerasdl.schedules import OneCycle
from tests.jobs.helpers import SELECTION

RUNS = Path(__file__).parents[1] / "runs_of_0_1"
BACKEND = keras.config.backend()
TEST_LOSS = {"jax": 2.73105, "torch": 2.19120, "tensorflow": 2.41018}
"""What version 0.1.0 printed for the model of two epochs."""
ROUNDING = {"jax": 1e-3, "torch": 1e-3, "tensorflow": 1e-2}
"""TensorFlow's run is in bfloat16, which processors round in other places."""
LAST_VAL_LOSS = {"torch": 1.956381, "tensorflow": 2.038107}
"""What version 0.1.0 reached in epoch 6; the run of JAX has windows of three batches
that it cut otherwise."""


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    shutil.copytree(RUNS / BACKEND, tmp_path / "old")
    return runs_folder.find(tmp_path / "old")


def test_it_verifies_and_evaluates(run: RunDir):
    assert [checkpoint["fault"] for checkpoint in verify_files(run)] == [None, None]
    assert evaluate(run)["loss"] == pytest.approx(
        TEST_LOSS[BACKEND], abs=ROUNDING[BACKEND]
    )


@pytest.mark.variant
def test_it_resumes_where_it_stopped(run: RunDir):
    former = (run.path / "metrics.jsonl").read_text().splitlines()
    result = resume(run.path, SELECTION)
    lines = (run.path / "metrics.jsonl").read_text().splitlines()
    assert lines[:3] == former
    ends = [json.loads(line) for line in lines]
    assert [line["epoch"] for line in ends] == list(range(6))
    assert result["status"] == "completed"
    assert ends[-1]["val_loss"] < ends[2]["val_loss"]
    if BACKEND in LAST_VAL_LOSS:
        reached = LAST_VAL_LOSS[BACKEND]
        assert np.isclose(ends[-1]["val_loss"], reached, rtol=2e-3)
    else:
        # Ten batches an epoch in updates of three: four updates, and 13 when it stopped.
        assert [line["step"] for line in ends[3:]] == [16, 20, 24]
        rate = OneCycle(3e-3, total_steps=24)
        expected = [float(keras.ops.convert_to_numpy(rate(s))) for s in (16, 20, 24)]
        rates = [line["learning_rate"] for line in ends[3:]]
        np.testing.assert_allclose(rates, expected, rtol=1e-5)


@pytest.mark.variant
def test_a_capsule_of_updates_of_several_batches_is_replayed(run: RunDir):
    """It holds one batch, which is what version 0.1.0 called a step."""
    saved = files.read_newest(run.checkpoints, pytest.fail)
    assert saved is not None
    config = run.read_config()
    batch = assemble.batches(config, assemble.dataset(config)).epoch(3)[4]
    arrays = saved.arrays | dict(zip(("batch/x", "batch/y"), batch, strict=True))
    details = saved.details | {
        "config": (run.path / "config.toml").read_text(),
        "total_steps": 60,
    }
    files.write(run.capsule, replace(saved, arrays=arrays, details=details))
    found = replay(run)
    assert (found["epoch"], found["batch"], found["finite"]) == (
        3,
        saved.step - 30,
        True,
    )
    assert np.isfinite(found["loss"])
