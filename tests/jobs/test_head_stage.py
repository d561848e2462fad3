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
from kerasdl.sklearn import KerasDLClassifier
from tests.jobs.helpers import (
    SELECTION,
    With,
    check_same_run,
    config,
    train_lean,
    verb,
)
from tests.jobs.test_tables import Kill, KilledError
from tests.variants import quickest

SETTINGS = (
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
CHOSEN = config("mlp", *SETTINGS)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "run"
    train_lean(CHOSEN, path)
    return path


@pytest.mark.parametrize("batches", [3, *quickest(8, 9, 14)])
def test_killed_and_resumed_it_is_the_same(whole: Path, batches: int):
    """In the first stage, after it, at the beginning of the next one, or in it."""
    killed, reporter = Path("killed"), With(Kill(batches))
    with pytest.raises(KilledError):
        train_lean(CHOSEN, killed, reporter)
    newest = files.read_newest(killed / "checkpoints", pytest.fail)
    assert newest is not None
    assert newest.details["stage"] == ("head" if batches <= 9 else "")
    resume(killed, SELECTION, report=False, baselines=False)
    check_same_run(whole, killed)


@pytest.mark.variant
@pytest.mark.parametrize("unfreeze", ["all", "1"])
def test_a_run_that_began_with_weights_is_resumed_without_them(
    whole: Path, unfreeze: str
):
    """In both stages, of which the first has cached features."""
    shutil.copytree(whole, "taught")
    chosen = config(
        "mlp", *SETTINGS, "transfer.weights=taught", f"transfer.unfreeze={unfreeze}"
    )
    train_lean(chosen, "uncut")
    for batches in (3, 13):
        path, reporter = Path(f"killed-{batches}"), With(Kill(batches))
        with pytest.raises(KilledError):
            train(
                chosen, SELECTION, stem="", path=path, report=False, reporter=reporter
            )
    Path("taught").rename("gone")
    for batches in (3, 13):
        resume(Path(f"killed-{batches}"), SELECTION, report=False)
        check_same_run(Path("uncut"), Path(f"killed-{batches}"))


@pytest.mark.variant
def test_only_the_last_layer_is_trained_first():
    session = build_session(CHOSEN)
    before = {f"weights/{each.path}": np.array(each) for each in session.model.weights}
    path, reporter = Path("run"), With(Kill(9))
    with pytest.raises(KilledError):
        train_lean(CHOSEN, path, reporter)
    newest = files.read_newest(path / "checkpoints", pytest.fail)
    assert newest is not None
    changed = {
        name
        for name, was in before.items()
        if not np.array_equal(was, newest.arrays[name])
    }
    assert changed == {"weights/head/kernel", "weights/head/bias"}


@pytest.mark.variant
def test_the_log_has_both_stages(whole: Path):
    run = RunDir(whole)
    rates = [line["learning_rate"] for line in run.read_epochs()]
    assert len(rates) == 4
    assert [line["step"] for line in run.read_epochs()] == [4, 8, 12, 16]
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


@pytest.mark.any_backend
def test_an_estimator_has_both_stages():
    x = np.random.default_rng(0).normal(size=(60, 4))
    found = []
    for first in (0, 2):
        keys = {"transfer.head_epochs": first, "model.hidden_units": [8]}
        estimator = KerasDLClassifier(epochs=2, **keys).fit(x, x[:, 0] > 0)
        assert len(estimator.history_["loss"]) == 2
        found.append(estimator.predict_proba(x))
    assert not np.allclose(*found)
