"""Tables that hold for one kind of data or one task."""

from pathlib import Path

import pytest

from kerasdl import config as configs
from kerasdl.errors import InvalidConfigError

PRESET = """
[data]
name = "digits"
[kind.table.data]
scaling = "robust"
[optimizer]
learning_rate = 0.01
[task.regression.optimizer]
learning_rate = 0.2
[task.regression.training]
epochs = 7
[kind.text.model]
name = "gpt"
"""


@pytest.fixture(autouse=True)
def preset() -> str:
    Path("mine.toml").write_text(PRESET)
    Path("child.toml").write_text('extends = "mine.toml"\n[training]\nepochs = 9\n')
    return "mine.toml"


def load(*settings: str, preset: str = "mine.toml", file: Path | None = None):
    return configs.load(preset, file, settings)


def test_what_does_not_hold_is_left_out():
    config = load()
    assert (config.data.kind, config.model.name) == ("arrays", "mlp")
    assert config.optimizer.learning_rate == 0.01
    assert config.training.epochs == configs.load().training.epochs


def test_the_data_decide():
    config = load("data.name=t.csv", "data.target=y")
    assert config.data.scaling == "robust"
    assert config.optimizer.learning_rate == 0.01


def test_the_task_decides_also_if_it_is_inferred():
    inferred = [configs.Setting("data.task", "regression", "t.csv")]
    for config in (
        load("data.task=regression"),
        configs.load("mine.toml", inferred=inferred),
    ):
        assert config.optimizer.learning_rate == 0.2
        assert config.training.epochs == 7


def test_what_comes_later_wins():
    config = load("data.task=regression", "optimizer.learning_rate=0.3")
    assert config.optimizer.learning_rate == 0.3
    config = load("data.task=regression", preset="child.toml")
    assert (config.optimizer.learning_rate, config.training.epochs) == (0.2, 9)
    config = load("data.name=t.csv", "data.scaling=standard")
    assert config.data.scaling == "standard"


def test_a_config_file_may_have_them():
    Path("file.toml").write_text("[kind.arrays.training]\nepochs = 5")
    assert load(file=Path("file.toml")).training.epochs == 5
    other = load("data.name=t.csv", file=Path("file.toml"))
    assert other.training.epochs == configs.load().training.epochs


def test_the_resolved_config_has_none():
    config = load("data.task=regression")
    Path("run.toml").write_text(configs.to_toml(config))
    assert configs.load(file=Path("run.toml")) == config


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[kind.tabel.data]\nscaling = 'robust'", r"kind \[kind.tabel\] in .* table\?"),
        ("[task.regresion.model]", r"unknown task \[task.regresion\] in .* regression"),
        ("[task.regression]\nepochs = 3", r"\[task.regression\] in .* is no group of"),
        ("[task]\nregression = 3", r"\[task.regression\] in .* is no group of tables"),
        (
            "[kind.table.data]\ntask = 'regression'",
            r"data.task is set by \[kind.table\]",
        ),
        ("[kind.arrays.training]\nepoch = 3", r"unknown key training.epoch in"),
        ("[kind.arrays.trainig]\nepoch = 3", r"unknown table \[trainig\]"),
    ],
)
def test_faults(text: str, message: str):
    Path("file.toml").write_text(text)
    with pytest.raises(InvalidConfigError, match=message):
        load(file=Path("file.toml"))
