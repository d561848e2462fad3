"""Runs on a CSV file of one's own, from the file to the score."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasdl.checkpoint import files
from kerasdl.jobs.evaluate import evaluate
from kerasdl.jobs.resume import resume
from kerasdl.jobs.train import train
from kerasdl.rundir import RunDir
from tests.jobs.helpers import (
    SELECTION,
    With,
    check_same_run,
    config,
    train_lean,
    verb,
    verb_apart,
)
from tests.variants import quickest, variants

ROWS = 240
SHORT = (
    "--epochs", "12", "--json", "--no-report",
    "--set", "model.hidden_units=[16]", "--set", "training.accelerate=false",
)  # fmt: skip
PLAIN = (
    "--preset", "mlp-tabular", "--lr", "0.02",
    "--set", "model.dropout=0", "--set", "model.norm=none",
)  # fmt: skip


def write() -> None:
    """Write apartments: the rent follows from the size and the city, but for noise."""
    drawn = np.random.default_rng(0)
    lines = ["size,city,balcony,built,rent,class"]
    for row in range(ROWS):
        size, city = drawn.uniform(20, 120), drawn.choice(["Bonn", "Köln", "Trier"])
        rent = 200 + 9 * size + 150 * (city == "Köln") + drawn.normal(0, 20)
        text = "" if row % 11 == 0 else f"{size:.1f}"
        day = f"20{row % 20:02}-05-{1 + row % 28:02}"
        label = "dear" if rent > 850 else "cheap"
        lines.append(
            f"{text},{city},{drawn.choice(['yes', 'no'])},{day},{rent:.2f},{label}"
        )
    Path("flats.csv").write_text("\n".join(lines))


@pytest.mark.parametrize(
    ("target", "other", "task", "score"),
    [
        *quickest(("class", "rent", "classification", 0.8)),
        *variants(("rent", "class", "regression", 0.3)),
    ],
)
def test_from_a_file_to_a_score(target: str, other: str, task: str, score: float):
    write()
    ignored = f"data.ignore={json.dumps([other])}"
    given = ("--preset", "realmlp", "--data", "flats.csv", "--target", target)
    given += ("--batch-size", "32", "--set", ignored, "--run-dir", "run")
    code, said = verb("train", *given, *SHORT)
    assert code == 0, said
    assert f"task {task}: '{target}' holds " in said
    run = RunDir(Path("run"))
    config = run.read_config()
    expected = (0.2, "mish") if task == "regression" else (0.04, "selu")
    assert (config.optimizer.learning_rate, config.model.activation) == expected
    assert config.data.scaling == "robust"
    result = run.read_result()
    assert result is not None
    headline = "r2_score" if task == "regression" else "accuracy"
    assert result["test"][headline] > score
    again = evaluate(run)
    assert again[headline] == result["test"][headline]
    whole = evaluate(run, "flats.csv")
    assert whole["examples"] == ROWS
    assert whole[headline] > score
    assert resume(run.path, SELECTION, epochs=13)["status"] == "completed"


@pytest.mark.any_backend
def test_the_columns_are_kept_with_the_run():
    write()
    given = ("--data", "flats.csv", "--target", "rent", *SHORT, "--run-dir", "run")
    assert verb("train", *given)[0] == 0
    saved = json.loads(Path("run", "preprocessing.json").read_text())
    assert saved["kind"] == "table"
    names = [column["name"] for column in saved["preprocessing"]["columns"]]
    assert names == ["size", "city", "balcony", "built", "class"]
    config = RunDir(Path("run")).read_config()
    assert config.data.task == "regression"
    assert Path(config.data.name).is_absolute()
    text = Path("flats.csv").read_text()
    Path("flats.csv").write_text(text.replace("Bonn", "Berlin", 1))
    assert "has changed since run was trained" in verb("evaluate", "run")[1]


class KilledError(BaseException):
    pass


class Kill(keras.callbacks.Callback):
    """Ends the process, as far as a test may, after some batches."""

    def __init__(self, batches: int):
        super().__init__()
        self.left = batches

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if not self.left:
            raise KilledError


def test_killed_mid_epoch_and_resumed_is_the_same_run():
    """With no day on two sides of a split."""
    write()
    texts = ("data.name=flats.csv", "data.target=rent", "data.task=regression")
    texts += ("data.group=day", "checkpoint.every_steps=1", "training.epochs=3")
    lines = Path("flats.csv").read_text().splitlines()
    days = ["day", *(f"day {row * 7919 % 40}" for row in range(ROWS))]
    Path("flats.csv").write_text(
        "\n".join(f"{line},{day}" for line, day in zip(lines, days, strict=True))
    )
    texts += ("training.steps_per_execution=1", "model.hidden_units=[16]")
    chosen = config("mlp-tabular", *texts)
    whole, killed = Path("whole"), Path("killed")
    train_lean(chosen, whole)
    with pytest.raises(KilledError):
        train(
            chosen,
            SELECTION,
            stem="",
            path=killed,
            report=False,
            reporter=With(Kill(8)),
        )
    newest = files.read_newest(killed / "checkpoints", pytest.fail)
    assert newest is not None
    assert newest.details["epoch"] == 1
    assert newest.details["batch"] > 0
    resume(killed, SELECTION, report=False, baselines=False)
    check_same_run(whole, killed)


@pytest.mark.any_backend
def test_a_dry_run_shows_the_columns():
    write()
    flags = ("--data", "flats.csv", "--target", "class", "--dry-run")
    group = ("--set", "data.group=city", "--set", 'data.categories=["size"]')
    code, said, err = verb_apart("train", *flags, *group, "--json")
    assert code == 0, err
    planned = json.loads(said)
    columns = {column["name"]: column for column in planned["columns"]}
    assert [*columns] == ["size", "city", "balcony", "built", "rent", "class"]
    assert columns["city"] == {
        "name": "city",
        "type": "ignored",
        "role": "group",
        "missing": 0,
        "distinct": 3,
        "examples": ["Köln", "Bonn", "Trier"],
        "reason": "it decides the split",
    }
    assert columns["size"]["type"] == "category"
    assert columns["size"]["missing"] == ROWS // 11 + 1
    assert (columns["built"]["type"], columns["built"]["role"]) == ("date", "feature")
    assert columns["class"]["role"] == "target"
    reason = "'class' holds 2 different texts"
    assert planned["task"] == {"name": "classification", "reason": reason}
    assert sum(planned["examples"].values()) == ROWS
    assert planned["split"] == "by group 'city': 1 in train, 1 in validation, 1 in test"
    assert planned["findings"][-1] == f"split {planned['split']}"
    code, said = verb("train", *flags)
    assert code == 0
    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert "size number 22 202 21.7, 80.7, 113.5" in lines
    assert "class category, target 0 2 dear, cheap" in lines
    assert f"task classification ({reason})" in lines
    assert "split at random from seed 0, stratified by class" in lines
    assert "examples 163 train, 29 validation, 48 test" in lines
    assert any(line.startswith("note column 'rent' alone") for line in lines)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("flags", "code", "message"),
    [
        (("--target", "rnet"), 3, "has no column 'rnet' — did you mean rent?"),
        (("--target", "rent", "--set", "training.epochz=3"), 2, "training.epochz"),
        (("--target", "rent", "--set", "loss.label_smoothing=0.1"), 2, "no meaning in"),
        (("--target", "rent", "--set", "data.decimal=x"), 2, "data.decimal (='x')"),
        ((), 3, "no column of flats.csv is named to predict — name it with --target"),
        (("--target", "rent", "--preset", "bert-tiny"), 3, "has no column 'text'"),
        (("--target", "rent", "--preset", "cnn"), 2, "reads images, and data.kind"),
        (("--target", "city", "--set", "data.task=regression"), 3, "'Köln' at line"),
    ],
)
def test_what_does_not_fit(flags: tuple[str, ...], code: int, message: str):
    write()
    ended, said = verb("train", "--data", "flats.csv", *flags, "--run-dir", "run")
    assert (ended, message in said) == (code, True), said
    assert not Path("run").exists()


@pytest.mark.any_backend
def test_codes_are_for_models_that_read_them():
    """Another model says what to set; arrays need no codes."""
    lines = [f"{row % 7},c{row % 30},{'yn'[row % 2]}" for row in range(120)]
    Path("codes.csv").write_text("\n".join(["n,c,y", *lines]))
    given = ("--preset", "realmlp", "--data", "codes.csv", "--target", "y", *SHORT)
    assert verb("train", *given, "--run-dir", "run")[0] == 0
    values = json.loads(Path("run", "preprocessing.json").read_text())
    assert [c["type"] for c in values["preprocessing"]["columns"]] == [
        "robust-number",
        "code",
    ]
    assert verb("predict", "run", "--data", "codes.csv", "--output", "out.csv")[0] == 0
    code, said = verb("train", *given, "--set", "training.mixup=0.1")
    assert (code, "mixup mixes numbers, and 'codes.csv' has codes" in said) == (2, True)
    mlp = ("--preset", "mlp-tabular", "--set", "data.max_one_hot=8")
    code, said = verb("train", *given, *mlp)
    assert code == 2
    assert "reads numbers, not the codes of categories; set data.max_one_hot" in said


@pytest.mark.any_backend
@pytest.mark.parametrize("task", ["classification", "regression"])
def test_its_preset_takes_arrays_as_well(task: str):
    drawn = np.random.default_rng(0)
    x = drawn.normal(size=(80, 3))
    y = x[:, 0] > 0 if task == "classification" else x[:, 0]
    np.savez("mine.npz", x=x, y=y.astype("int64") if task == "classification" else y)
    given = ("--preset", "realmlp", "--data", "mine.npz", "--set", f"data.task={task}")
    code, said = verb("train", *given, *SHORT, "--run-dir", "run")
    assert code == 0, said
    config = RunDir(Path("run")).read_config()
    assert config.data.standardize == "channel"
    assert config.model.activation == ("selu" if task == "classification" else "mish")
