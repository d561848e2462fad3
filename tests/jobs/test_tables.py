"""Runs on a CSV file of one's own, from the file to the score."""

import json
from pathlib import Path

import numpy as np
import pytest

from kerasdl.jobs.evaluate import evaluate
from kerasdl.jobs.resume import resume
from kerasdl.rundir import RunDir
from tests.jobs.helpers import SELECTION, verb

ROWS = 240
SHORT = ("--epochs", "12", "--set", "model.hidden_units=[16]", "--json")
PLAIN = ("--lr", "0.02", "--set", "model.dropout=0", "--set", "model.norm=none")


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
    [("rent", "class", "regression", 0.3), ("class", "rent", "classification", 0.8)],
)
def test_from_a_file_to_a_score(target: str, other: str, task: str, score: float):
    write()
    ignored = f"data.ignore={json.dumps([other])}"
    given = ("--data", "flats.csv", "--target", target, *PLAIN)
    code, said = verb("train", *given, *SHORT, "--set", ignored, "--run-dir", "run")
    assert code == 0, said
    assert "preset mlp-tabular, the default for a table" in said
    assert f"task {task}: '{target}' holds " in said
    run = RunDir(Path("run"))
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


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("flags", "code", "message"),
    [
        (("--target", "rnet"), 3, "has no column 'rnet' — did you mean rent?"),
        (("--target", "rent", "--set", "training.epochz=3"), 2, "training.epochz"),
        (("--target", "rent", "--set", "loss.label_smoothing=0.1"), 2, "no meaning in"),
        (("--target", "rent", "--set", "data.decimal=x"), 2, "data.decimal (='x')"),
        ((), 3, "no column of flats.csv is named to predict — name it with --target"),
        (("--target", "rent", "--preset", "bert-tiny"), 2, "reads tokens, and data"),
        (("--target", "city", "--set", "data.task=regression"), 3, "'Köln' at line"),
    ],
)
def test_what_does_not_fit(flags: tuple[str, ...], code: int, message: str):
    write()
    ended, said = verb("train", "--data", "flats.csv", *flags, "--run-dir", "run")
    assert (ended, message in said) == (code, True), said
    assert not Path("run").exists()
