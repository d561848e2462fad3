"""Pretraining: hidden tokens of texts are found, and the encoder begins another run."""

import json
from pathlib import Path

import numpy as np
import pytest

from kerasdl.data.masked_texts import NO_TARGET
from kerasdl.data.python_docstrings import load_python_docstrings
from kerasdl.jobs import assemble
from kerasdl.jobs.resume import resume
from kerasdl.losses import AccuracyOfFound
from kerasdl.rundir import RunDir
from tests.contract import numbers
from tests.jobs.helpers import SELECTION, With, check_same_run, config, train_lean, verb
from tests.jobs.test_tables import Kill, KilledError

torch = pytest.importorskip("torch")
SMALL = (
    "data.name=python-docstrings",
    "data.vocabulary_size=400",
    "data.max_length=24",
    "training.examples=256",
    "training.epochs=2",
    "model.width=16",
    "model.depth=1",
    "model.mlp_units=16",
)


@pytest.mark.any_backend
def test_what_is_hidden():
    dataset = assemble.dataset(config("bert-mlm-tiny", *SMALL, "training.examples=all"))
    train = dataset.train
    whole = train.plain()
    rows = np.arange(len(train))
    x, y = train.take(rows, epoch=3)
    hidden, ids = y != NO_TARGET, whole.ids
    assert (y[hidden] == ids[hidden]).all()
    assert (x[~hidden] == ids[~hidden]).all()
    may = whole.may_hide
    assert not hidden[~may].any()
    assert not may[:, 0].any()  # [CLS]
    assert not may[ids == 0].any()
    share = lambda which, of: which.sum() / of.sum()
    assert share(hidden, may) == pytest.approx(0.15, abs=0.01)
    masked, same = x == whole.mask, x == ids
    assert share(masked & hidden, hidden) == pytest.approx(0.8, abs=0.02)
    assert share(same & hidden, hidden) == pytest.approx(0.1, abs=0.02)
    again, _ = train.take(rows, epoch=3)
    other, _ = train.take(rows, epoch=4)
    assert (again == x).all()
    assert (other != x).any()
    held_out = dataset.validation
    assert (held_out.take(rows[:9], 0)[0] == held_out.take(rows[:9], 5)[0]).all()


def test_the_loss_and_the_accuracy_are_over_what_was_hidden():
    draw = np.random.default_rng(0)
    logits = draw.normal(size=(4, 6, 9)).astype("float32")
    y = draw.integers(0, 9, (4, 6)).astype("int32")
    y[draw.random((4, 6)) < 0.7] = NO_TARGET
    chosen = config("bert-mlm-tiny")
    from kerasdl.tasks import find

    task = find(chosen.data.task)
    found = float(numbers(task.loss(chosen)(y, logits)))
    expected = torch.nn.functional.cross_entropy(
        torch.tensor(logits).reshape(-1, 9),
        torch.tensor(y).long().reshape(-1),
        ignore_index=NO_TARGET,
    )
    assert found == pytest.approx(float(expected), rel=1e-6)
    metric = AccuracyOfFound()
    metric.update_state(y, logits)
    hidden = y != NO_TARGET
    right = (logits.argmax(-1) == y)[hidden].mean()
    assert float(numbers(metric.result())) == pytest.approx(right)


@pytest.mark.variant
def test_killed_and_resumed_it_is_the_same_and_begins_another_run():
    steps = ("training.steps_per_execution=1", "checkpoint.every_steps=1")
    chosen = config("bert-mlm-tiny", *SMALL, *steps)
    whole, killed, reporter = Path("whole"), Path("killed"), With(Kill(6))
    train_lean(chosen, whole, baselines=True)
    with pytest.raises(KilledError):
        train_lean(chosen, killed, reporter)
    resume(killed, SELECTION, report=False, baselines=False)
    check_same_run(whole, killed)
    result = RunDir(whole).read_result() or {}
    assert 0 < result["test"]["accuracy"] < 1
    assert "most frequent token" in result["baseline"]
    code, said = verb(
        "train", "--preset", "bert-tiny", "--init-from", "whole", "--epochs", "1",
        "--set", "training.examples=64", "--run-dir", "fine",
    )  # fmt: skip
    assert code == 0, said
    assert "begins with 21 tensors of whole (kerasdl); new: head, pooler" in said
    first, second = (
        json.loads(Path(run, "preprocessing.json").read_text())["preprocessing"]
        for run in ("whole", "fine")
    )
    assert first["tokenizer"] == second["tokenizer"]


@pytest.mark.any_backend
def test_lines_of_a_document_and_words():
    lines = load_python_docstrings().texts[:120]
    Path("text.txt").write_text("\n\n".join(" ".join(line.split()) for line in lines))
    flags = [part for key in SMALL[2:] for part in ("--set", key)]
    code, said = verb(
        "train", "--data", "text.txt", "--set", "data.task=masked-language-modelling",
        "--set", "data.tokens=words", *flags, "--run-dir", "run",
    )  # fmt: skip
    assert code == 0, said
    assert "preset bert-mlm-tiny, the default for hidden tokens" in said
    code, said = verb("evaluate", "run", "--data", "text.txt")
    assert code == 0, said
    assert "bits_per_token" in said
    code, said = verb("predict", "run", "--data", "text.txt")
    assert code == 2
