"""Runs on texts with classes, from the file to the predictions."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from kerasdl.data.python_docstrings import load_python_docstrings
from kerasdl.jobs.resume import resume
from kerasdl.rundir import RunDir
from tests.jobs.helpers import SELECTION, verb

SMALL = (
    "--set", "data.max_length=8", "--set", "data.vocabulary_size=50",
    "--set", "model.positions=8", "--set", "model.width=8", "--set", "model.depth=1",
    "--set", "model.mlp_units=8", "--epochs", "1",
)  # fmt: skip


def write(
    path: str, count: int = 300, text: str = "text", label: str = "label"
) -> None:
    docs = load_python_docstrings()
    pairs = list(zip(docs.texts, docs.labels, strict=True))[:: len(docs.texts) // count]
    lines = [json.dumps({text: words, label: name}) for words, name in pairs[:count]]
    Path(path).write_text("\n".join(lines))


def test_from_a_file_to_predictions():
    write("docs.jsonl")
    code, said = verb("train", "--data", "docs.jsonl", *SMALL, "--run-dir", "run")
    assert code == 0, said
    assert "preset bert-tiny, the default for texts with classes" in said
    run = RunDir(Path("run"))
    code, said = verb("evaluate", "run", "--data", "docs.jsonl", "--json")
    assert code == 0, said
    lines = [json.loads(line) for line in Path("docs.jsonl").read_text().splitlines()]
    new = "\n".join(json.dumps({"text": line["text"]}) for line in lines)
    Path("new.jsonl").write_text(new)
    output = ("--output", "p.csv")
    assert verb("predict", "run", "--data", "new.jsonl", *output)[0] == 0
    with Path("p.csv").open() as file:
        predicted = [row["prediction"] for row in csv.DictReader(file)]
    right = np.mean(
        [line["label"] == p for line, p in zip(lines, predicted, strict=True)]
    )
    assert json.loads(said)["accuracy"] == pytest.approx(right)
    assert resume(run.path, SELECTION, epochs=2)["status"] == "completed"


@pytest.mark.any_backend
def test_other_keys_and_a_class_that_is_unknown():
    write("docs.jsonl", text="doc", label="module")
    keys = ("--set", "data.text=doc", "--target", "module")
    flags = ("--data", "docs.jsonl", *keys, *SMALL, "--run-dir", "run")
    code, said = verb("train", *flags)
    assert code == 0, said
    Path("new.jsonl").write_text('{"doc": "a", "module": "unheard-of"}')
    code, said = verb("evaluate", "run", "--data", "new.jsonl")
    assert (code, "'unheard-of'" in said) == (3, True), said


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            '{"text": "a"}',
            "1 lines of docs.jsonl cannot be learned from: line 1: no 'l",
        ),
        ("", "docs.jsonl is empty"),
        ('{"text": "a", "label": "b"}', "docs.jsonl"),
    ],
)
def test_faults_end_in_one_line(content: str, words: str):
    Path("docs.jsonl").write_text(content)
    code, said = verb("train", "--data", "docs.jsonl", *SMALL)
    assert code == 3, said
    assert words in said
