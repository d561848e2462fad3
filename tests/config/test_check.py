"""Values and combinations that a config cannot have."""

import pytest

from kerasdl import config as configs
from kerasdl.errors import InvalidConfigError
from tests.config.helpers import faults, settings


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
        (["data.task=generation"], "'sequence-to-sequence' or 'reconstruction'"),
        ([*TEXTS, "training.mixup=1"], "mixup (=1.0) mixes numbers, and data.kind"),
        (
            ["data.kind=text"],
            "model.name (='mlp') reads numbers, and data.kind 'text' has tokens",
        ),
        (["model.name=gpt"], "(='gpt') reads tokens, and data.kind 'arrays' has"),
        (["model.name=tabm", "data.task=multi-label"], "does not do 'multi-label'"),
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


@pytest.mark.parametrize(
    ("name", "text"),
    [("cosine", "warmup_steps=-1"), ("one-cycle", "warmup_steps=0"),
     ("cosine", "warmup_steps=1.5"), ("step-decay", "every_epochs=0"),
     ("cosine", "warmup_epochs=many")],
)  # fmt: skip
def test_lengths_out_of_range(name: str, text: str):
    [fault] = faults(f"schedule.name={name}", f"schedule.{text}")
    assert "must be 'none', or must" in fault
