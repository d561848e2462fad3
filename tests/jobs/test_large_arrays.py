"""Runs on a memory-mapped file, from the file to the predictions."""

import csv
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from kerasdl.data import examples
from kerasdl.data.streamed import StreamedExamples
from kerasdl.jobs import assemble
from kerasdl.jobs.resume import resume
from kerasdl.jobs.verify_resume import TIMING_KEYS
from kerasdl.rundir import RunDir
from tests.jobs.helpers import SELECTION, With, check_same_run, config, train_lean, verb
from tests.jobs.test_tables import Kill, KilledError

COUNT = 300
SMALL = ("data.name=digits.npz", "model.hidden_units=[16]", "training.epochs=2")
STEPS = ("training.steps_per_execution=1", "checkpoint.every_steps=1")


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a file that is too large for memory."""
    monkeypatch.setattr(examples, "RESIDENT_BYTES", 10_000)
    digits = load_digits()
    x, y = digits.images[:COUNT].astype("uint8"), digits.target[:COUNT]
    np.savez("digits.npz", x=x, y=y)


@pytest.mark.variant
def test_killed_mid_epoch_and_resumed_it_is_the_same():
    chosen = config("mlp", *SMALL, *STEPS, "training.monitor=val_roc_auc")
    train_lean(chosen, "whole", baselines=True)
    with pytest.raises(KilledError):
        train_lean(chosen, "killed", With(Kill(4)))
    resume(Path("killed"), SELECTION, report=False, baselines=False)
    check_same_run(Path("whole"), Path("killed"))
    run = RunDir(Path("whole"))
    result = run.read_result()
    assert result is not None
    assert {"majority_class", "logistic_regression"} == {*result["baseline"]}
    code, said = verb("evaluate", "whole")
    assert code == 0, said
    assert f"{result['test']['accuracy']:.4f}" in said
    np.save("new.npy", np.load("digits.npz")["x"])
    given = ("predict", "whole", "--data", "new.npy", "--output", "p.csv")
    assert verb(*given)[0] == 0
    with Path("p.csv").open() as file:
        assert len([*csv.DictReader(file)]) == COUNT


@pytest.mark.variant
def test_scores_are_those_of_data_in_memory(monkeypatch: pytest.MonkeyPatch):
    found = []
    for bytes_in_memory in (10_000, 1 << 30):
        monkeypatch.setattr(examples, "RESIDENT_BYTES", bytes_in_memory)
        chosen = config("mlp", *SMALL, "training.accelerate=false")
        path = Path(f"run-{bytes_in_memory}")
        train_lean(chosen, path, baselines=True)
        found.append(RunDir(path).read_result())
    streamed, whole = found
    for split in ("best", "validation", "test"):
        for name, value in whole[split].items():
            if name not in TIMING_KEYS:
                assert streamed[split][name] == pytest.approx(value, rel=1e-4), name
    for name, scores in whole["baseline"].items():
        assert streamed["baseline"][name]["accuracy"] == scores["accuracy"]


@pytest.mark.any_backend
def test_what_is_reconstructed_may_be_large(monkeypatch: pytest.MonkeyPatch):
    found = []
    for bytes_in_memory in (10_000, 1 << 30):
        monkeypatch.setattr(examples, "RESIDENT_BYTES", bytes_in_memory)
        chosen = config("autoencoder", *SMALL, "training.accelerate=false")
        path = Path(f"run-{bytes_in_memory}")
        train_lean(chosen, path, baselines=True)
        run = RunDir(path)
        found.append((run.read_result(), run.read_calibration()))
    (streamed, errors), (whole, expected) = found
    for split in ("validation", "test"):
        assert streamed[split] == pytest.approx(whole[split], rel=1e-4)
    pca, known = streamed["baseline"]["pca"], whole["baseline"]["pca"]
    assert pca == pytest.approx({k: v for k, v in known.items() if k != "margin"})
    np.testing.assert_allclose(errors["residuals"], expected["residuals"], rtol=1e-3)


@pytest.mark.any_backend
def test_no_part_is_in_memory():
    dataset = assemble.dataset(config("mlp", *SMALL))
    for part in (dataset.train, dataset.validation, dataset.test):
        assert isinstance(part, StreamedExamples)
        base = part.part.raw.x
        while isinstance(base.base, np.ndarray):
            base = base.base
        assert isinstance(base, np.memmap)
