"""Runs written by hand, compared by the command."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from kerasdl import config as configs
from kerasdl import manifest
from kerasdl.cli import group
from kerasdl.config import parse_setting
from kerasdl.data import Dataset
from kerasdl.jobs.dataset import prepare
from kerasdl.rundir import RunDir

SETTINGS = ("data.name=iris", "data.split_seed=0", "training.batch_size=16")


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    config = configs.load("mlp", settings=[*map(parse_setting, SETTINGS)])
    return prepare(config.data.read(), config)


@pytest.fixture
def write(dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write a run whose predictions are wrong at its first test examples."""
    monkeypatch.chdir(tmp_path)

    def run(name: str, *settings: str, wrong: int = 0, accuracy: float = 0.9) -> RunDir:
        directory = RunDir(Path(name))
        directory.path.mkdir()
        parsed = [parse_setting(text) for text in (*SETTINGS, *settings)]
        directory.write_config(configs.load("mlp", settings=parsed))
        recorded = {"backend": "jax", "data_sha256": dataset.sha256}
        directory.write_environment(recorded)
        directory.write_preprocessing(dataset.encoding.to_json())
        for epoch in range(3):
            reached = accuracy - 0.1 * (2 - epoch)
            line = {"epoch": epoch, "val_loss": 1 - reached, "val_accuracy": reached}
            directory.log_epoch(line | {"seconds": 0.5})
        test = {"loss": 1 - accuracy, "accuracy": accuracy}
        result = {"status": "completed", "test": test, "seconds": 2.0}
        directory.write_result(result)
        encoded = dataset.test.targets()
        outputs = np.eye(3, dtype="float32")[encoded]
        outputs[:wrong] = np.roll(outputs[:wrong], 1, axis=1)
        (directory.path / "evaluation").mkdir()
        file = directory.path / "evaluation" / "test.npz"
        np.savez(file, encoded=encoded, outputs=outputs)
        return directory

    return run


def compare(*arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(group, ["compare", *arguments, "--json"])
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def said(*arguments: str) -> list[str]:
    done = CliRunner().invoke(group, ["compare", *arguments])
    assert done.exit_code == 0, done.stderr
    return [" ".join(line.split()) for line in done.stdout.splitlines()]


def refused(code: int, *arguments: str) -> str:
    done = CliRunner().invoke(group, ["compare", *arguments])
    assert done.exit_code == code, done.output
    line = done.stderr.splitlines()[-1]
    assert line.startswith("error: ")
    return line


def test_only_keys_that_differ(write):
    write("a", "optimizer.learning_rate=0.1")
    write("b", "model.dropout=0.5", "optimizer.learning_rate=0.2")
    differences = compare("a", "b")["differences"]
    assert differences == {
        "model.dropout": [0.3, 0.5],
        "optimizer.learning_rate": [0.1, 0.2],
    }
    lines = said("a", "b")
    assert "optimizer.learning_rate 0.1 0.2" in lines
    assert "test accuracy 0.9 0.9" in lines


def test_when_a_score_is_reached(write):
    write("a", accuracy=0.9)
    write("b", "model.dropout=0.5", accuracy=0.8)
    write("c", "model.dropout=0.4", accuracy=0.6)
    rows = compare("a", "b", "c", "--reach", "val_accuracy=0.75")["runs"]
    expected = [{"epoch": 2, "seconds": 1.0}, {"epoch": 3, "seconds": 1.5}, None]
    assert [row["reached"] for row in rows] == expected
    rows = compare("a", "b", "c", "--reach", "val_loss=0.35")["runs"]
    assert [(row["reached"] or {}).get("epoch") for row in rows] == [1, 2, None]
    lines = said("a", "c", "--reach", "val_accuracy=0.75")
    assert "epochs to val_accuracy=0.75 2 —" in lines


def test_the_same_examples_are_paired(write, dataset: Dataset):
    examples = len(dataset.test)
    write("a", wrong=10)
    write("b", "model.dropout=0.5", wrong=0)
    write("c", "model.dropout=0.4", wrong=9)
    better, close = compare("a", "b", "c")["margins"]
    assert (better["run"], better["minus"], better["score"]) == ("b", "a", "accuracy")
    assert better["estimate"] == pytest.approx(10 / examples)
    assert 0 < better["low"] < better["estimate"] < better["high"]
    assert close["estimate"] == pytest.approx(1 / examples)
    assert close["low"] <= 0
    lines = said("a", "b", "c")
    assert [line.rpartition(": ")[2] for line in lines[-2:]] == [
        "more than chance explains",
        "chance may explain it",
    ]


def test_seeds_are_grouped(write):
    for number, accuracy in enumerate((0.7, 0.8, 0.9)):
        write(f"low{number}", f"training.seed={number}", accuracy=accuracy)
        settings = f"training.seed={number}", "model.dropout=0.5"
        write(f"high{number}", *settings, accuracy=accuracy + 0.05)
    names = [f"{kind}{number}" for kind in ("high", "low") for number in range(3)]
    result = compare(*names)
    assert [group["runs"] for group in result["groups"]] == [names[:3], names[3:]]
    spread = result["groups"][0]["test"]["accuracy"]
    assert spread == {"mean": pytest.approx(0.85), "deviation": pytest.approx(0.1)}
    [row] = result["group_margins"]
    half = 2.7764451 * 0.1 * (2 / 3) ** 0.5  # Student's t with 4 degrees of freedom
    assert row["estimate"] == pytest.approx(0.05)
    assert (row["low"], row["high"]) == pytest.approx((0.05 - half, 0.05 + half))


@pytest.mark.parametrize(
    ("settings", "change", "reason"),
    [
        (("data.split_seed=1",), None, "they split by seeds 0 and 1"),
        ((), "environment", "they are of different data"),
        ((), "predictions", "no predictions kept in b"),
        ((), "targets", "their test examples differ"),
    ],
)
def test_what_is_not_paired_is_said(write, settings, change, reason):
    write("a")
    run = write("b", "model.dropout=0.5", *settings)
    file = run.path / "evaluation" / "test.npz"
    if change == "environment":
        run.write_environment({"backend": "jax", "data_sha256": "other"})
    elif change == "predictions":
        file.unlink()
    elif change == "targets":
        arrays = dict(np.load(file))
        np.savez(file, **arrays | {"encoded": arrays["encoded"][::-1]})
    result = compare("a", "b")
    assert result["margins"] == []
    assert result["notes"] == [
        line for line in result["notes"] if line.startswith("b is not tested against a")
    ]
    assert reason in result["notes"][0]


def test_curves_are_drawn(write):
    write("a")
    write("_b$^", "model.dropout=0.5", accuracy=0.7)
    for form in ("png", "svg"):
        said("a", "_b$^", "--output", f"curves.{form}", "--metric", "val_accuracy")
    assert Path("curves.png").read_bytes()[:4] == b"\x89PNG"
    text = Path("curves.svg").read_text()
    assert "_b$^" in text
    assert "val_accuracy" in text
    lines = said("a", "_b$^", "--metric", "val_accuracy")
    assert "val_accuracy by epoch" in lines
    assert {"a a", "b _b$^"} <= set(lines)


def test_it_needs_no_keras(write):
    write("a")
    write("b")
    code = (
        "import sys; sys.argv = ['kerasdl', 'compare', 'a', 'b']\n"
        "from kerasdl.cli import main\n"
        "try: main()\n"
        "finally: print([n for n in ('keras', 'torch', 'jax') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_what_it_cannot_compare(write):
    write("a")
    write("b")
    assert "two different runs" in refused(2, "a")
    assert "two different runs" in refused(2, "a", "a")
    assert "no run at nowhere" in refused(2, "a", "nowhere")
    assert "val_accuracy=0.95" in refused(2, "a", "b", "--reach", "val_accuracy")
    assert "did you mean val_loss" in refused(2, "a", "b", "--metric", "val_los")
    assert "neither" in refused(2, "a", "b", "--reach", "seconds=1")
    assert ".svg" in refused(2, "a", "b", "--output", "curves.pdf")


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("result.json", b'{"test": [1]}', 4),
        ("result.json", b"[" * 100_000, 7),
        ("metrics.jsonl", b"{\n", 4),
        ("environment.json", b"", 4),
        ("config.toml", b"data = 1", 2),
        ("evaluation/test.npz", b"PK", 3),
        ("preprocessing.json", b"{}", 4),
    ],
)
def test_a_damaged_run_ends_in_one_line(write, name: str, content: bytes, code: int):
    write("a")
    run = write("b", "model.dropout=0.5")
    (run.path / name).write_bytes(content)
    line = refused(code, "b", "a")
    assert re.search(r" b\b|b/", line)


def test_strange_numbers_are_left_out(write):
    write("a")
    run = write("b")
    huge = {"accuracy": 10**400, "loss": None, "f1": "x", "log_loss": 0.5}
    run.write_result({"status": "completed", "test": huge, "seconds": "never"})
    row = compare("a", "b")["runs"][1]
    assert (row["test"], row["seconds"]) == ({"log_loss": 0.5}, None)


@pytest.mark.parametrize(
    "arrays",
    [
        {"outputs": np.zeros((2, 3))},
        {"encoded": np.zeros(3, int), "outputs": np.zeros((2, 3))},
        {"encoded": np.zeros(2, int), "outputs": np.zeros(2)},
    ],
)
def test_predictions_that_do_not_fit(write, arrays: dict[str, np.ndarray]):
    for name in ("a", "b"):
        run = write(name, f"model.dropout=0.{'ab'.index(name) + 1}")
        np.savez(run.path / "evaluation" / "test.npz", **arrays)
    refused(4, "a", "b")


def test_an_edited_run_is_refused(write):
    write("a")
    run = write("b")
    manifest.write_run(run.path)
    run.write_config(replace(run.read_config()))
    assert compare("a", "b")["margins"]
    run.write_result({"status": "completed"})
    assert "--trust-edits" in refused(4, "a", "b")
    assert compare("a", "b", "--trust-edits")["runs"][1]["test"] == {}
