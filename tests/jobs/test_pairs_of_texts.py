"""Pairs of texts: what is learned of them, how it is scored, and what is written."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import kerasdl
from kerasdl.data.masked_texts import NO_TARGET
from kerasdl.data.python_names import load_python_names
from kerasdl.jobs import assemble
from kerasdl.jobs.resume import resume
from kerasdl.rundir import RunDir
from tests.jobs.helpers import SELECTION, With, check_same_run, config, train_lean, verb
from tests.jobs.test_tables import Kill, KilledError

PRESET = "transformer-seq2seq"
OURS = "data.name=python-names"
SMALL = (
    "data.tokens=characters",
    "data.max_length=40",
    "training.examples=160",
    "training.epochs=2",
    "training.batch_size=32",
    "model.width=16",
    "model.depth=1",
    "model.num_heads=2",
    "model.mlp_units=16",
)
TARGET = ("--target", "name")
FLAGS = [part for key in SMALL for part in ("--set", key)]


def write_table(path: Path, count: int = 160) -> None:
    """Write summaries and names; `.jsonl`, else a table with that delimiter."""
    names = load_python_names()
    rows = [*zip(names.texts[:count], names.labels[:count], strict=True)]
    if path.suffix == ".jsonl":
        lines = [json.dumps({"says": text, "name": name}) for text, name in rows]
        path.write_text("\n".join(lines), "utf-8")
        return
    delimiter = "\t" if path.suffix == ".tsv" else ","
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows([("says", "name"), *rows])


@pytest.mark.any_backend
@pytest.mark.parametrize("tokens", ["characters", "bpe"])
def test_what_a_model_reads_and_what_it_is_to_write(tokens: str):
    chosen = config(PRESET, OURS, f"data.tokens={tokens}", "data.max_length=24")
    dataset = assemble.dataset(chosen)
    x, y = dataset.test.arrays()
    pairs, encoding = dataset.test, dataset.preprocessing
    begin, end = encoding.marks
    assert x.shape[1:] == dataset.encoding.input_shape == (2, 24)
    assert (x[:, 1, 0] == begin).all()
    for (_, target), following in zip(x, y, strict=True):
        length = int((following != NO_TARGET).sum())
        assert (target[1:length] == following[: length - 1]).all()
        assert not target[length:].any()
        assert following[length - 1] == end or length == 24
        assert end not in following[: length - 1]
    is_whole = (y == end).any(1)
    texts = np.array(encoding.written(y))
    known = [text == own for text, own in zip(texts, pairs.written, strict=True)]
    assert np.mean(np.array(known)[is_whole]) == (
        1 if tokens == "bpe" else approx_all()
    )
    for text, own in zip(
        texts[~is_whole], np.array(pairs.written)[~is_whole], strict=True
    ):
        assert own.startswith(text.rstrip("\ufffd"))


def approx_all() -> object:
    """Some characters are unknown to the training split."""
    return pytest.approx(1, abs=0.02)


@pytest.mark.variant
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl"])
def test_it_is_trained_scored_and_writes(suffix: str):
    write_table(path := Path(f"pairs{suffix}"))
    code, said = verb(
        "train", "--data", str(path), "--target", "name", "--set", "data.text=says",
        "--set", "data.task=sequence-to-sequence", *FLAGS, "--run-dir", "run", whole=True,
    )  # fmt: skip
    assert code == 0, said
    assert f"preset {PRESET}, the default for pairs of texts" in said
    result = RunDir(Path("run")).read_result() or {}
    assert {"chrf", "exact_match", "accuracy", "loss"} <= result["test"].keys()
    for name in ("copy of the source", "nearest source"):
        assert {"low", "high"} < result["baseline"][name]["margin"].keys()
    code, said = verb("evaluate", "run", "--data", str(path))
    assert code == 0, said
    assert "chrf" in said
    Path("new.csv").write_text('says\n"Return the sum of a and b."\n""\nté\n')
    for beams in ("1", "3"):
        code, said = verb(
            "predict", "run", "--data", "new.csv", "--beams", beams, "--output", "p.csv"
        )
        assert code == 0, said
        with Path("p.csv").open(newline="", encoding="utf-8") as file:
            rows = [*csv.DictReader(file)]
        assert [*rows[0]] == ["says", "prediction"]
        assert len(rows) == 3
        found = kerasdl.load("run").predict("new.csv", beams=int(beams))
        assert [row["prediction"] for row in rows] == [*found["prediction"]]


@pytest.mark.variant
def test_killed_and_resumed_it_is_the_same():
    steps = ("training.steps_per_execution=1", "checkpoint.every_steps=1")
    write_table(path := Path("pairs.csv").resolve())
    ours = (f"data.name={path}", "data.target=name", "data.text=says")
    chosen = config(PRESET, *ours, *SMALL, *steps, "training.validation_scores=true")
    whole, killed, reporter = Path("whole"), Path("killed"), With(Kill(6))
    train_lean(chosen, whole)
    with pytest.raises(KilledError):
        train_lean(chosen, killed, reporter)
    resume(killed, SELECTION, report=False, baselines=False)
    check_same_run(whole, killed)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("--set", "data.tokens=words"), "data.tokens (='words') has no meaning"),
        (("--set", "model.name=bert"), "does not do 'sequence-to-sequence'"),
        (("--target", "absent"), "'absent'"),
        (("--set", "data.target=['name','says']"), "data.target (='says')"),
    ],
)
def test_what_does_not_fit_is_told_in_a_line(change: tuple[str, ...], says: str):
    write_table(Path("pairs.csv"))
    code, said = verb(
        "train", "--preset", PRESET, "--data", "pairs.csv", "--set", "data.text=says",
        *(() if "target" in change[-1] or "absent" in change else TARGET), *FLAGS, *change,
        "--run-dir", "run",
    )  # fmt: skip
    assert code in (2, 3), said
    assert says in said
    assert "Traceback" not in said


@pytest.mark.any_backend
def test_a_pair_without_its_other_text_is_refused():
    Path("pairs.csv").write_text("says,name\nadd numbers,add\nsubtract them,\n")
    code, said = verb(
        "train", "--preset", PRESET, "--data", "pairs.csv", "--set", "data.text=says",
        "--target", "name", *FLAGS, "--run-dir", "run",
    )  # fmt: skip
    assert code == 3, said
    assert "the text 'name' of pairs.csv is empty at line 3" in said


@pytest.mark.any_backend
def test_beams_of_a_model_that_writes_nothing_are_refused():
    chosen = config("mlp-tabular", "training.epochs=1")
    train_lean(chosen, Path("run"))
    code, said = verb("predict", "run", "--data", "iris", "--beams", "2")
    assert code == 2
    assert "writes no texts" in said
