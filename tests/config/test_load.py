from pathlib import Path

import pytest

from kerasdl import config as configs
from kerasdl.config import Config, Setting
from kerasdl.errors import ConfigError, InvalidConfigError
from kerasdl.models.families.cnn import CNN
from kerasdl.optimizers.tables import SGDTable
from kerasdl.schedules.tables import OneCycleTable
from tests.config.helpers import faults, settings


def test_defaults_stand_alone():
    assert configs.load() == Config()


def test_precedence(tmp_path: Path):
    base = tmp_path / "base.toml"
    base.write_text("[training]\nepochs = 2\nbatch_size = 2\nseed = 2\npatience = 2\n")
    preset = tmp_path / "preset.toml"
    preset.write_text(
        f'extends = "{base}"\n[training]\nbatch_size = 3\nseed = 3\npatience = 3\n'
    )
    file = tmp_path / "file.toml"
    file.write_text("[training]\nseed = 4\npatience = 4\n")
    training = configs.load(str(preset), file, settings("training.patience=5")).training
    assert (training.epochs, training.batch_size) == (2, 3)
    assert (training.seed, training.patience) == (4, 5)


def test_about_is_not_inherited(tmp_path: Path):
    child = tmp_path / "child.toml"
    child.write_text('extends = "mlp"\n')
    assert configs.load(str(child)).about == Config().about
    assert configs.load(str(child)).model == configs.load("mlp").model


def test_round_trip(tmp_path: Path):
    config = configs.load("cnn", settings=settings("optimizer.name=sgd"))
    file = tmp_path / "config.toml"
    file.write_text(configs.to_toml(config))
    assert configs.load(file=file) == config


def test_another_variant_drops_the_keys_of_the_former():
    config = configs.load(
        "mlp",
        settings=settings(
            "model.name=cnn", "optimizer.name=sgd", "schedule.name=one-cycle"
        ),
    )
    assert isinstance(config.model, CNN)
    assert isinstance(config.schedule, OneCycleTable)
    assert isinstance(config.optimizer, SGDTable)
    assert config.optimizer.learning_rate == configs.load("mlp").optimizer.learning_rate


def test_another_task_drops_the_keys_that_it_has_not(tmp_path: Path):
    assert configs.load("mlp").loss.label_smoothing > 0
    config = configs.load("mlp", settings=settings("data.task=regression"))
    assert config.loss.label_smoothing == 0
    file = tmp_path / "mine.toml"
    file.write_text('[data]\ntask = "regression"\n[loss]\nlabel_smoothing = 0.1\n')
    with pytest.raises(InvalidConfigError, match="label_smoothing"):
        configs.load("mlp", file)


def test_a_task_is_that_of_its_data(tmp_path: Path):
    file = tmp_path / "mine.toml"
    file.write_text('[data]\ntask = "regression"\n')
    for preset, given, texts, expected in (
        ("mlp-regression", None, [], True),
        ("mlp-regression", None, ["data.name=t.csv"], False),
        ("mlp-regression", None, ["data.name=t.csv", "data.task=regression"], True),
        ("mlp", file, ["data.name=t.csv"], True),
        ("mlp", None, ["data.name=t.csv"], False),
    ):
        choice = configs.load_data(preset, given, texts)
        assert choice.is_decided == expected, (preset, given, texts)
        assert choice.data.kind == ("table" if texts else "arrays")
        stated = "regression" if preset == "mlp-regression" and len(texts) < 2 else None
        assert choice.task == stated


def test_what_data_suggest_is_below_what_the_user_sets():
    inferred = [Setting("data.task", "regression", "t.csv")]
    assert configs.load("mlp", inferred=inferred).loss.label_smoothing == 0
    with pytest.raises(
        InvalidConfigError, match=r"label_smoothing \(=0\.3\) has no mean"
    ):
        configs.load("mlp", None, ["loss.label_smoothing=0.3"], inferred)


def test_keys_given_together_with_the_variant_are_checked():
    [fault] = faults("schedule.name=one-cycle", "schedule.warmup_fraction=0.5")
    assert "schedule.warmup_fraction" in fault


def test_faults_of_every_source_come_together(tmp_path: Path):
    bad = tmp_path / "bad.toml"
    bad.write_text("[training]\nepochs = 0\n")
    texts = ["nodot=1", "novalue", "training.seed=-1", "data.validation_fraction=0"]
    with pytest.raises(InvalidConfigError) as caught:
        configs.load("nope", bad, texts)
    text = "\n".join(caught.value.lines())
    assert len(caught.value.lines()) == 5
    for word in ("'nope'", "training.epochs", "'nodot'", "'novalue'", "training.seed"):
        assert word in text
    with pytest.raises(InvalidConfigError) as caught:
        configs.load("mlp", None, ["data.validation_fraction=0", "model.dropout=2"])
    assert len(caught.value.lines()) == 2


@pytest.mark.parametrize(
    "text",
    ["training.epochs=3\nx=4", "model.hidden_units=" + "[" * 5000, "data.name=\udcff"],
)
def test_odd_values_are_refused(text: str):
    [fault] = faults(text)
    assert text.partition("=")[0] in fault


def test_an_empty_preset_name_is_no_preset():
    with pytest.raises(InvalidConfigError, match="unknown preset ''"):
        configs.load("")


def test_ones_own_preset_may_extend_the_shipped_one(tmp_path: Path):
    (tmp_path / "presets").mkdir()
    own = tmp_path / "presets" / "mlp.toml"
    own.write_text('extends = "mlp"\n[training]\nepochs = 7\n')
    config = configs.load("mlp")
    assert (config.training.epochs, config.loss.label_smoothing) == (7, 0.1)


def test_paths_are_relative_to_the_file(tmp_path: Path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "base.toml").write_text("[training]\nepochs = 7\n")
    (tmp_path / "sub" / "mine.toml").write_text('extends = "base.toml"\n')
    assert configs.load("sub/mine.toml").training.epochs == 7


def test_settings_need_a_key_and_a_value():
    with pytest.raises(ConfigError, match="has no value"):
        configs.parse_setting("training.epochs")
    [fault] = faults("epochs=3")
    assert "table.key=value" in fault


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[training\n", "line 1"),
        (b"\xff\xfe", "not TOML"),
        (b"epochs = 3\n", "is outside any table"),
        (b"extends = 3\n", "must be text"),
        (b'extends = "nope"\n', "extended by"),
        (b"#" * (2 << 20), "larger than 1 MiB"),
    ],
)
def test_bad_files(tmp_path: Path, content: bytes, message: str):
    file = tmp_path / "bad.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        configs.load(file=file)


def test_missing_file():
    with pytest.raises(ConfigError, match="No such file"):
        configs.load(file=Path("missing.toml"))


def test_a_circle_of_extends_is_refused(tmp_path: Path):
    for name, other in (("a", "b"), ("b", "a")):
        (tmp_path / f"{name}.toml").write_text(f'extends = "{tmp_path / other}.toml"\n')
    with pytest.raises(ConfigError, match="extends itself"):
        configs.load(str(tmp_path / "a.toml"))


def test_a_default_is_not_a_length_that_was_given():
    texts = "schedule.warmup_fraction=0.1", "schedule.warmup_steps=5"
    schedule = configs.load("mlp", settings=settings(*texts)).schedule
    assert (schedule.warmup_fraction, schedule.warmup_steps) == (0.1, 5)


def test_a_length_drops_that_of_an_earlier_layer(tmp_path: Path):
    """Whatever its unit; `resnet34` has a share of its own."""
    assert configs.load("resnet34").schedule.warmup_fraction == 0.05
    file = tmp_path / "mine.toml"
    file.write_text("[schedule]\nwarmup_epochs = 5\n")
    schedule = configs.load("resnet34", file).schedule
    assert (schedule.warmup_fraction, schedule.warmup_epochs) == (0.0, 5.0)
    texts = settings("schedule.warmup_steps=7")
    schedule = configs.load("resnet34", file, texts).schedule
    lengths = schedule.warmup_fraction, schedule.warmup_epochs, schedule.warmup_steps
    assert lengths == (0.0, "none", 7)
    whole = tmp_path / "whole.toml"
    whole.write_text(configs.to_toml(configs.load("resnet34", file)))
    assert configs.load(file=whole).schedule.warmup_epochs == 5.0
    again = configs.load(file=whole, settings=settings("schedule.warmup_fraction=0.2"))
    assert again.schedule.warmup_epochs == "none"
    none = settings("schedule.warmup_steps=none")
    assert configs.load("resnet34", settings=none).schedule.warmup_fraction == 0.05


@pytest.mark.parametrize(
    "settings",
    [
        ["data.standardize=feature", "data.name=a.csv"],
        ["data.name=a.csv", "data.standardize=feature"],
        ["schedule.warmup_steps=3", "schedule.name=constant"],
    ],
)
def test_a_setting_of_another_choice_is_an_error_in_any_order(settings: list[str]):
    key = next(s for s in settings if "name" not in s).partition("=")[0]
    with pytest.raises(InvalidConfigError, match=key):
        configs.load("mlp", None, settings)
    configs.load("mlp", None, [s for s in settings if not s.startswith(key)])
