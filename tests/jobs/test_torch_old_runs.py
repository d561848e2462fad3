"""What only the run that version 0.1.0 left under PyTorch has: a plateau."""

import json
import shutil
from pathlib import Path

import pytest

from kerasdl import runs_folder
from kerasdl.checkpoint import files
from kerasdl.jobs.resume import resume
from tests.jobs.helpers import SELECTION
from tests.jobs.test_old_runs import RUNS


def test_a_plateau_goes_on_by_the_rule_of_its_version(tmp_path: Path):
    """It said `patience = 1`, and cut after the first epoch that was no better."""
    shutil.copytree(RUNS / "torch", tmp_path / "old")
    run = runs_folder.find(tmp_path / "old")
    saved = files.read_newest(run.checkpoints, pytest.fail)
    assert saved is not None
    plateau = saved.details["callbacks"][-1]
    assert plateau["kind"] == "ReduceLROnPlateau"
    plateau["state"]["best"]["value"] = 0.1  # which no further epoch reaches
    files.write(run.checkpoints, saved)
    resume(run.path, SELECTION)
    text = (run.path / "metrics.jsonl").read_text()
    rates = [json.loads(line)["learning_rate"] for line in text.splitlines()]
    assert rates == pytest.approx([2e-3] * 4 + [1e-3, 5e-4])
