"""A config that an earlier version wrote means what it meant then."""

import re
from pathlib import Path

import pytest

from kerasdl import config as configs
from kerasdl.config import Config
from kerasdl.errors import InvalidConfigError
from kerasdl.rundir import RunDir
from kerasdl.schedules.tables import (
    CosineTable,
    OneCycleTable,
    PlateauTable,
    StepDecayTable,
)

RUNS = Path(__file__).parents[1] / "runs_of_0_1"


def test_one_cycle_was_of_the_rate_alone():
    for config in (
        RunDir(RUNS / "jax").read_config(),
        configs.load(file=RUNS / "jax/config.toml"),
        configs.load("resnet18", RUNS / "jax/config.toml"),
    ):
        assert config.schedule == OneCycleTable(cycle_momentum=False)


def test_a_plateau_ended_one_epoch_earlier_at_any_improvement():
    """The run said `patience = 1`."""
    schedule = RunDir(RUNS / "torch").read_config().schedule
    assert schedule == PlateauTable(factor=0.5, patience=0, threshold=0.0)


def test_other_schedules_are_as_they_were():
    assert isinstance(RunDir(RUNS / "tensorflow").read_config().schedule, CosineTable)


def test_what_is_set_besides_wins():
    file = RUNS / "jax/config.toml"
    setting = configs.parse_setting("schedule.cycle_momentum=true")
    assert configs.load(file=file, settings=[setting]).schedule == OneCycleTable()
    chosen = [configs.parse_setting("schedule.name=step-decay")]
    assert configs.load(file=file, settings=chosen).schedule == StepDecayTable()


@pytest.mark.parametrize(
    "schedule", [OneCycleTable(), OneCycleTable(cycle_momentum=False)]
)
def test_a_config_of_today_is_read_as_written(tmp_path: Path, schedule: OneCycleTable):
    run = RunDir(tmp_path)
    run.write_config(Config(schedule=schedule))
    assert run.read_config().schedule == schedule


def test_a_config_resumed_once_is_not_translated_twice(tmp_path: Path):
    run = RunDir(tmp_path)
    run.write_config(RunDir(RUNS / "torch").read_config())
    assert run.read_config() == RunDir(RUNS / "torch").read_config()


def test_a_config_written_by_hand_gets_the_defaults(tmp_path: Path):
    file = tmp_path / "mine.toml"
    file.write_text('[schedule]\nname = "one-cycle"\n')
    assert configs.load(file=file).schedule == OneCycleTable()
    whole = re.sub(r"warmup_(steps|epochs) = .*\n", "", configs.to_toml(Config()))
    whole = whole.replace('name = "warmup-linear"', 'name = "plateau"')
    file.write_text(whole.replace("warmup_fraction = 0.1\n", "factor = 0.3\n"))
    assert configs.load(file=file).schedule == PlateauTable(factor=0.3)


@pytest.mark.parametrize(
    ("text", "fault"),
    [("patience = 1", "patience = 0"), ("patience = 1", 'patience = "many"'),
     ("factor = 0.5", "factor = 2")],
)  # fmt: skip
def test_its_faults_are_reported_as_any(tmp_path: Path, text: str, fault: str):
    file = tmp_path / "config.toml"
    whole = (RUNS / "torch/config.toml").read_text()
    assert text in whole
    head, _, tail = whole.rpartition('name = "plateau"')
    file.write_text(head + 'name = "plateau"' + tail.replace(text, fault, 1))
    with pytest.raises(InvalidConfigError) as caught:
        configs.load(file=file)
    assert "schedule." in caught.value.lines()[0]
