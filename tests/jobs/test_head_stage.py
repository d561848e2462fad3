"""The last layer alone is trained before the rest, in one run."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from kerasdl.checkpoint import files
from kerasdl.jobs.build_session import build_session
from kerasdl.jobs.resume import resume
from kerasdl.jobs.train import train
from kerasdl.rundir import RunDir
from tests.jobs.helpers import (
    SELECTION,
    With,
    check_same_run,
    config,
    verb,
)
from tests.jobs.test_tables import Kill, KilledError
from tests.variants import quickest

CHOSEN = config(
    "mlp",
    "model.hidden_units=[16, 12]",
    "model.dropout=0.3",
    "training.examples=256",  # four batches an epoch
    "training.epochs=2",
    "training.steps_per_execution=1",
    "checkpoint.every_steps=1",
    "transfer.head_epochs=2",
    "transfer.head_learning_rate=0.01",
    "transfer.unfreeze=1",
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "run"
    train(CHOSEN, SELECTION, stem="", path=path, report=False)
    return path


@pytest.mark.parametrize("batches", [3, 9, *quickest(8, 14)])
def test_killed_and_resumed_it_is_the_same(whole: Path, batches: int):
    """In the first stage, after it, at the beginning of the next one, or in it."""
    killed, reporter = Path("killed"), With(Kill(batches))
    with pytest.raises(KilledError):
        train(CHOSEN, SELECTION, stem="", path=killed, report=False, reporter=reporter)
    newest = files.read_newest(killed / "checkpoints", pytest.fail)
    assert newest is not None
    assert newest.details["stage"] == ("head" if batches <= 9 else "")
    resume(killed, SELECTION, report=False)
    check_same_run(whole, killed)


def test_only_the_last_layer_is_trained_first():
    session = build_session(CHOSEN)
    before = {f"weights/{each.path}": np.array(each) for each in session.model.weights}
    path, reporter = Path("run"), With(Kill(9))
    with pytest.raises(KilledError):
        train(CHOSEN, SELECTION, stem="", path=path, report=False, reporter=reporter)
    newest = files.read_newest(path / "checkpoints", pytest.fail)
    assert newest is not None
    changed = {
        name
        for name, was in before.items()
        if not np.array_equal(was, newest.arrays[name])
    }
    assert changed == {"weights/head/kernel", "weights/head/bias"}


def test_the_log_has_both_stages(whole: Path):
    run = RunDir(whole)
    rates = [line["learning_rate"] for line in run.read_epochs()]
    assert len(rates) == 4
    assert rates[0] > rates[1]  # each stage has a schedule of its own
    assert rates[2] > rates[3]
    result = run.read_result()
    assert result is not None
    assert result["best"]["epoch"] in (2, 3)
    code, said = verb("resume", str(whole))
    assert code == 2
    assert "its config has 2 epochs" in said
    shutil.copytree(whole, "longer")
    code, said = verb("resume", "longer", "--epochs", "3")
    assert code == 0, said
    assert len(RunDir(Path("longer")).read_epochs()) == 5
