"""More epochs than a run was made for, and data that are elsewhere by now."""

import json
from pathlib import Path

import numpy as np
import pytest

from kerasdl.errors import ConfigError, DataError
from kerasdl.jobs import assemble
from kerasdl.jobs.resume import resume
from kerasdl.rundir import RunDir
from tests.jobs.helpers import SELECTION, With, config, number, trained

pytestmark = pytest.mark.any_backend
SCHEDULES = (
    "cosine",
    "cosine-log",
    "warmup-linear",
    "one-cycle",
    "step-decay",
    "inverse-square-root",
)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_of_fewer_epochs_keeps_its_last_rate(name: str):
    flags = f"schedule.name={name}", "training.epochs=10"
    short = assemble.schedule(config("mlp", *flags), 100)
    long = config("mlp", *flags, "training.epochs=25", "training.schedule_epochs=10")
    held = assemble.schedule(long, 250)
    for step in range(0, 250, 7):
        assert number(held(step)) == number(short(min(step, 99)))
    if name == "one-cycle":
        momentum = assemble.momentum(long, 250)
        assert number(momentum(249)) == pytest.approx(0.95)


def test_a_schedule_of_more_epochs_does_not_come_to_its_end():
    long = config("mlp", "training.epochs=20")
    flags = "training.epochs=10", "training.schedule_epochs=20"
    cut_off = assemble.schedule(config("mlp", *flags), 100)
    for step in range(0, 100, 9):
        assert number(cut_off(step)) == number(assemble.schedule(long, 200)(step))


def rates(run: RunDir) -> list[float]:
    lines = (run.path / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line)["learning_rate"] for line in lines]


@pytest.mark.parametrize(
    "schedule", ["stretch", pytest.param("keep", marks=pytest.mark.slow)]
)
def test_what_becomes_of_the_rate_is_said(copied_run: RunDir, schedule):
    before, reporter = rates(copied_run), With()
    resume(copied_run.path, SELECTION, epochs=8, schedule=schedule, reporter=reporter)
    after = rates(copied_run)
    [line] = reporter.notes
    events = (copied_run.path / "events.jsonl").read_text()
    assert json.dumps(line)[1:-1] in events
    assert "8 epochs instead of 5" in line
    assert after[:5] == before
    if schedule == "keep":
        assert "is kept" in line
        last = number(assemble.schedule(config("mlp", "training.epochs=5"), 100)(99))
        assert after[5:] == [pytest.approx(last)] * 3
        assert copied_run.read_config().training.schedule_epochs == 5
        resume(copied_run.path, SELECTION, epochs=9, schedule="keep")
        assert rates(copied_run)[8] == pytest.approx(last)
    else:
        assert "is stretched" in line
        assert after[5] > 3 * before[-1]
        planned = assemble.schedule(copied_run.read_config(), 8 * 20)
        assert after[5] == pytest.approx(number(planned(6 * 20)), rel=1e-6)


def test_no_rate_to_keep(copied_run: RunDir):
    copied_run.forget_result()
    with pytest.raises(ConfigError, match="keep needs more epochs than the 5"):
        resume(copied_run.path, SELECTION, schedule="keep")


def test_a_rate_that_stays_is_not_spoken_of():
    run, _ = trained(
        "mlp",
        "training.epochs=1",
        "schedule.name=constant",
        "training.accelerate=false",
    )
    reporter = With()
    resume(run.path, SELECTION, epochs=2, reporter=reporter)
    assert reporter.notes == []


def test_data_that_have_moved(tmp_path: Path):
    x = np.random.default_rng(0).normal(size=(90, 4))
    np.savez("mine.npz", x=x, y=np.arange(90) % 3)
    run, _ = trained(
        "mlp-tabular",
        "data.name=mine.npz",
        "training.epochs=1",
        "training.accelerate=false",
    )
    Path("there").mkdir()
    Path("mine.npz").rename("there/mine.npz")
    with pytest.raises(DataError, match="name its new path with --data"):
        resume(run.path, SELECTION, epochs=2)
    resume(run.path, SELECTION, epochs=2, data="there/mine.npz")
    assert run.read_config().data.name == str(tmp_path / "there" / "mine.npz")
    assert resume(run.path, SELECTION, epochs=3)["status"] == "completed"
