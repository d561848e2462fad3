"""Runs on texts with classes, from the file to the predictions."""

import json
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

import kerasdl
from kerasdl.data.python_docstrings import load_python_docstrings
from kerasdl.jobs.evaluate import evaluate
from kerasdl.jobs.resume import resume
from kerasdl.jobs.train import train
from tests.jobs.helpers import SELECTION, With, check_same_run, config, train_lean, verb
from tests.jobs.test_tables import Kill, KilledError

MODEL = (
    "data.max_length=8", "data.vocabulary_size=300", "model.positions=8",
    "model.width=8", "model.depth=1", "model.mlp_units=8",
)  # fmt: skip
SMALL = (*(part for key in MODEL for part in ("--set", key)), "--epochs", "1")
STEPS = ("training.steps_per_execution=1", "checkpoint.every_steps=1")
TABLE = ("data.name=docs.csv", "data.text=doc", "data.target=module", "data.tokens=bpe")


@cache
def pairs(count: int = 300) -> list[tuple[str, str]]:
    docs = load_python_docstrings()
    found = list(zip(docs.texts, docs.labels, strict=True))
    return found[:: len(found) // count][:count]


def write(path: str, text: str = "text", label: str = "label") -> None:
    lines = [json.dumps({text: words, label: name}) for words, name in pairs()]
    Path(path).write_text("\n".join(lines))


@pytest.mark.variant
def test_from_a_table_to_predictions():
    """A run that is killed within an epoch continues as if nothing had happened."""
    columns = pd.Index(["doc", "module"])
    table = pd.DataFrame(pairs(), columns=columns).apply(lambda c: c.str.strip())
    table.to_csv("docs.csv", index=False)
    chosen = config("bert-tiny", *TABLE, *MODEL, *STEPS, "training.epochs=2")
    whole, killed = Path("whole"), Path("killed")
    train_lean(chosen, whole)
    with pytest.raises(KilledError):
        train(
            chosen,
            SELECTION,
            stem="",
            path=killed,
            report=False,
            reporter=With(Kill(6)),
        )
    resume(killed, SELECTION, report=False, baselines=False)
    check_same_run(whole, killed)
    first, second = (p / "preprocessing.json" for p in (whole, killed))
    assert first.read_bytes() == second.read_bytes()
    killed.rename("moved")
    code, said = verb("evaluate", "moved", "--data", "docs.csv", "--json")
    assert code == 0, said
    table[["doc"]].assign(n=1).to_csv("new.csv", index=False)
    output = ("--output", "p.csv")
    assert verb("predict", "moved", "--data", "new.csv", *output)[0] == 0
    predicted = pd.read_csv("p.csv")
    assert [*predicted][:3] == ["doc", "n", "prediction"]
    right = (predicted["prediction"] == table["module"]).mean()
    assert json.loads(said)["accuracy"] == pytest.approx(right)


@pytest.mark.any_backend
def test_from_lines_to_predictions():
    """Keys of the user's own, and a class that is unknown."""
    write("docs.jsonl", text="doc", label="module")
    keys = ("--set", "data.text=doc", "--target", "module", "--run-dir", "run")
    code, said = verb("train", "--data", "docs.jsonl", *keys, *SMALL)
    assert code == 0, said
    assert "preset bert-tiny, the default for texts with classes" in said
    assert "task classification: 'module' holds 10 different texts" in said
    Path("new.jsonl").write_text('{"doc": "a", "module": "unheard-of"}\n{"doc": ""}')
    output = ("--output", "p.csv")
    assert verb("predict", "run", "--data", "new.jsonl", *output)[0] == 0
    assert Path("p.csv").read_text().startswith("doc,prediction,probability")
    Path("new.jsonl").write_text('{"doc": "a", "module": "unheard-of"}')
    code, said = verb("evaluate", "run", "--data", "new.jsonl")
    what = "the target 'module' is 'unheard-of' at line 1 in new.jsonl"
    assert (code, what in said) == (3, True), said


@pytest.mark.any_backend
def test_lists_of_labels():
    tags = [["short"] * (len(text) < 150) + [name] for text, name in pairs(100)]
    lines = [
        json.dumps({"text": t, "tags": n})
        for (t, _), n in zip(pairs(100), tags, strict=True)
    ]
    Path("docs.jsonl").write_text("\n".join(lines))
    given = ("--data", "docs.jsonl", "--target", "tags", "--run-dir", "run")
    code, said = verb("train", *given, *SMALL, whole=True)
    assert code == 0, said
    assert "baseline tf-idf logistic regression average_precision" in said
    columns = kerasdl.load("run").predict("docs.jsonl")
    assert {"prediction short", "probability short"} < {*columns}
    Path("new.jsonl").write_text('{"text": "a", "tags": ["unheard-of"]}')
    code, said = verb("evaluate", "run", "--data", "new.jsonl")
    assert (code, "the target 'tags' is 'unheard-of' at line 1" in said) == (3, True)


@pytest.mark.any_backend
def test_numbers_of_the_texts_in_a_data_frame():
    rows = [(text, len(text) / 7) for text, _ in pairs(100)]
    frame = pd.DataFrame(rows, columns=pd.Index(["doc", "size"]))
    keys: dict = {key: int(n) for key, n in (each.split("=") for each in MODEL)}
    keys |= {"data.text": "doc", "data.tokens": "wordpiece"}
    run = kerasdl.train(
        data=frame,
        target="size",
        epochs=1,
        run_dir="run",
        quiet=True,
        report=False,
        **keys,
    )
    assert run.directory.read_config().data.kind == "text"
    assert {"mean", "tf-idf_ridge_regression"} <= run.result["baseline"].keys()
    found = run.predict(frame[["doc"]])
    assert [*found] == ["prediction"] or [*found] == ["prediction", "low", "high"]
    again = evaluate(run.directory)
    assert again["r2_score"] == run.result["test"]["r2_score"]
    assert resume(run.path, SELECTION, epochs=2)["status"] == "completed"


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            '{"text": "a"}',
            "1 line of docs.jsonl cannot be read: line 1: no 'l",
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
