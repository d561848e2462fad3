from pathlib import Path

import pytest

from kerasdl import config as configs
from kerasdl.config import Config, Setting
from kerasdl.errors import ConfigError, InvalidConfigError
from kerasdl.models.families.cnn import CNN
from kerasdl.optimizers.tables import SGDTable
from kerasdl.schedules.tables import OneCycleTable


def settings(*texts: str) -> list[Setting]:
    return [configs.parse_setting(text) for text in texts]


def faults(*texts: str) -> list[str]:
    with pytest.raises(InvalidConfigError) as caught:
        configs.load("mlp", settings=settings(*texts))
    return caught.value.lines()


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


def test_every_fault_at_once():
    lines = faults(
        "training.epoch=3",
        "optimizer.learning_rate=7",
        "precision.policy=float64",
        "modl.name=mlp",
        "model.hidden_units=[]",
    )
    assert len(lines) == 5
    text = "\n".join(lines)
    assert "did you mean epochs?" in text
    assert "optimizer.learning_rate (=7)" in text
    assert "'mixed_bfloat16'" in text
    assert "did you mean model?" in text
    assert "must not be empty" in text


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("training.epochs=0", "1 ≤ value ≤ 1000"),
        ("training.epochs=1001", "1 ≤ value ≤ 1000"),
        ("training.epochs=true", "must be an integer"),
        ("training.epochs=ten", "must be an integer"),
        ("training.epochs=2.5", "must be an integer"),
        ("optimizer.learning_rate=1e-7", "1e-06 ≤ value ≤ 1"),
        ("optimizer.learning_rate=1.01", "1e-06 ≤ value ≤ 1"),
        ("optimizer.learning_rate=nan", "1e-06 ≤ value ≤ 1"),
        ("model.dropout=1.0", "0 ≤ value < 1"),
        ("model.dropout=-0.1", "0 ≤ value < 1"),
        ("data.test_fraction=0", "0 < value < 1"),
        ("data.test_fraction=1", "0 < value < 1"),
        ("model.hidden_units=[64, 0]", "1 ≤ value"),
        ("model.hidden_units=64", "must be a list"),
        ("data.num_classes=1", "'auto'"),
        ("data.name=3", "must be text"),
        ("training.monitor=val_acuracy", "not measured"),
        ("optimizer.name=adamax", "did you mean adam?"),
        ("optimizer.name=[1]", "choose from adamw, adam, sgd"),
    ],
)
def test_ranges_and_types(text: str, rule: str):
    [fault] = faults(text)
    assert rule in fault
    assert "\n" not in fault


@pytest.mark.parametrize(
    ("texts", "rule"),
    [
        (["schedule.base_momentum=1"], "0 ≤ value < 1"),
        (["schedule.max_momentum=0"], "0 < value < 1"),
        (["schedule.base_momentum=0.9", "schedule.max_momentum=0.8"], "0.8 or less"),
        (["schedule.cycle_momentum=1"], "true or false"),
        (["optimizer.beta_1=0.8"], "schedule.cycle_momentum to false"),
        (["optimizer.name=sgd", "optimizer.momentum=0.5"], "optimizer.momentum (=0.5)"),
    ],
)
def test_what_a_cycled_momentum_excludes(texts: list[str], rule: str):
    [fault] = faults("schedule.name=one-cycle", *texts)
    assert rule in fault


@pytest.mark.parametrize(
    "text", ["schedule.name=cosine", "schedule.cycle_momentum=false"]
)
def test_a_momentum_of_ones_own_where_none_is_cycled(text: str):
    given = "schedule.name=one-cycle", text, "optimizer.beta_1=0.8"
    assert configs.load("mlp", settings=settings(*given)).optimizer.beta_1 == 0.8


@pytest.mark.parametrize("edge", ["training.epochs=1", "training.epochs=1000",
                                  "optimizer.learning_rate=1e-6", "model.dropout=0"])  # fmt: skip
def test_edges_are_allowed(edge: str):
    configs.load("mlp", settings=settings(edge))


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


def test_contradictions():
    [fault] = faults("loss.label_smoothing=0", "loss.smoothing=others")
    assert "loss.smoothing" in fault
    [fault] = faults("data.task=regression", "loss.label_smoothing=0.1")
    assert "label_smoothing" in fault
    [fault] = faults("data.validation_fraction=0")
    assert "training.monitor" in fault


LANGUAGE = ["data.kind=text", "data.task=language-modelling", "model.name=gpt"]
TEXTS = ["data.kind=text", "model.name=bert"]
RECONSTRUCTION = ["data.task=reconstruction", "model.name=autoencoder"]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["data.task=regression", "data.num_classes=3"], "no meaning in regression"),
        ([*LANGUAGE, "data.num_classes=3"], "no meaning in lang"),
        (
            ["data.task=language-modelling"],
            "data.task (='language-modelling') needs targets that data.kind 'arrays' does",
        ),
        ([*LANGUAGE, "data.tokens=words"], "data.tokens (='words')"),
        ([*RECONSTRUCTION, "loss.label_smoothing=0.1"], "no meaning in reconstruction"),
        ([*RECONSTRUCTION, "training.monitor=r2_score"], "not measured"),
        ([*TEXTS, "data.stride=4"], "(=4) has no meaning in classification"),
        (
            ["data.max_length=5"],
            "data.kind is 'arrays', and max_length a key of 'text'",
        ),
        (
            ["data.name=python-docstrings", "data.standardize=feature"],
            "data.kind is 'text', and standardize a key of 'arrays'",
        ),
        (["data.kind=image"], "unknown data.kind (='image') in --set"),
        (
            ["data.task=regression", "training.mixup=1"],
            "mixup (=1.0) has no meaning in regression",
        ),
        (
            ["training.cutmix=1", "loss.smoothing=others", "loss.label_smoothing=0.1"],
            "cutmix (=1.0) excludes loss.smoothing",
        ),
        ([*TEXTS, "data.max_length=1"], "2 ≤ value ≤ 65536"),
        ([*TEXTS, "data.vocabulary_size=3"], "4 ≤ value"),
        ([*TEXTS, "data.stride=0"], "must be 'auto', or must satisfy 1 ≤ value"),
        (["data.task=generation"], "'language-modelling' or 'reconstruction'"),
        ([*TEXTS, "training.mixup=1"], "mixup (=1.0) mixes numbers, and data.kind"),
        (
            ["data.kind=text"],
            "model.name (='mlp') reads numbers, and data.kind 'text' has tokens",
        ),
        (["model.name=gpt"], "(='gpt') reads tokens, and data.kind 'arrays' has"),
        (["data.task=reconstruction"], "(='mlp') does not reconstruct its inputs"),
        (["model.name=autoencoder"], "reconstructs its inputs, and data.task is 'cl"),
    ],
)
def test_what_a_task_cannot_have(texts: list[str], message: str):
    with pytest.raises(InvalidConfigError) as caught:
        configs.load(settings=texts)
    [fault] = caught.value.lines()
    assert message in fault


def test_what_a_kind_has_not_comes_with_what_its_model_has_not():
    one, two, three = faults("data.kind=text", "data.task=reconstruction")
    assert "(='reconstruction') needs targets that data.kind 'text'" in one
    assert "(='mlp') reads numbers, and data.kind 'text' has tokens" in two
    assert "(='mlp') does not reconstruct its inputs" in three


@pytest.mark.parametrize(
    "texts",
    [
        [*LANGUAGE, "loss.label_smoothing=0.1"],
        [*LANGUAGE, "training.monitor=val_accuracy"],
        [*LANGUAGE, "data.stride=4"],
        [*TEXTS, "data.tokens=words", "data.num_classes=3"],
        [*RECONSTRUCTION, "training.monitor=loss"],
    ],
)
def test_what_a_task_can_have(texts: list[str]):
    configs.load(settings=texts)


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


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("cosine", ["warmup_fraction=0.2", "warmup_steps=5"]),
        ("warmup-linear", ["warmup_steps=5", "warmup_epochs=2"]),
        ("one-cycle", ["pct_start=0.2", "warmup_epochs=0.5"]),
        ("step-decay", ["every_fraction=0.5", "every_steps=5", "every_epochs=1.0"]),
    ],
)
def test_one_length_in_two_units_is_refused(name: str, texts: list[str]):
    chosen = [f"schedule.name={name}", *(f"schedule.{text}" for text in texts)]
    line, other = faults(*chosen, "training.epochs=0")
    assert "training.epochs" in other
    assert "are alternatives" in line
    *others, last = (f"schedule.{text.partition('=')[0]}" for text in texts)
    hint = line.partition("keep one: ")[2]
    assert hint == f"remove {' and '.join(others)}, or {last}".replace("schedule.", "")


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
    ("name", "text"),
    [("cosine", "warmup_steps=-1"), ("one-cycle", "warmup_steps=0"),
     ("cosine", "warmup_steps=1.5"), ("step-decay", "every_epochs=0"),
     ("cosine", "warmup_epochs=many")],
)  # fmt: skip
def test_lengths_out_of_range(name: str, text: str):
    [fault] = faults(f"schedule.name={name}", f"schedule.{text}")
    assert "must be 'none', or must" in fault
