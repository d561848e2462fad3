"""Scores of a run: each epoch, of the validation and the test split, and when asked."""

import contextlib
import json
import re
from pathlib import Path

import numpy as np
import pytest

import kerasdl
from kerasdl.errors import DataError
from kerasdl.jobs.plan import plan
from kerasdl.jobs.verify_resume import TIMING_KEYS
from tests.jobs import test_tables
from tests.jobs.helpers import config, verb
from tests.jobs.test_tables import PLAIN, SHORT

CLASS = ("--data", "flats.csv", "--target", "class", *PLAIN, *SHORT)
AVERAGED = (
    *CLASS,
    "--epochs",
    "4",
    *("--set", "optimizer.ema_momentum=0.9", "--set", "loss.label_smoothing=0"),
)
EXPECTED = {
    "accuracy", "roc_auc", "balanced_accuracy", "f1", "average_precision", "log_loss",
    "calibration_error",
}  # fmt: skip
ADDED = {f"val_{name}" for name in EXPECTED - {"accuracy"}}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, kerasdl.Run]:
    """The same run twice, without and with a score that decides."""
    with contextlib.chdir(folder := tmp_path_factory.mktemp("scores")):
        test_tables.write()
        assert verb("train", *AVERAGED, "--run-dir", "plain", whole=True)[0] == 0
        monitor = ("--set", "training.monitor=val_roc_auc")
        code, said = verb("train", *AVERAGED, *monitor, "--run-dir", "scored")
        assert code == 0, said
        assert "val_roc_auc" in said
        assert "val_f1" not in said.partition("{")[0]
    return {name: kerasdl.load(folder / name) for name in ("plain", "scored")}


@pytest.mark.variant
def test_a_score_may_decide_and_costs_no_bit(runs: dict[str, kerasdl.Run]):
    """The scores are those of the averaged weights, which validation measures."""
    plain, scored = runs["plain"].history, runs["scored"].history
    assert not ADDED & plain[0].keys()
    for one, other in zip(plain, scored, strict=True):
        assert other.keys() - one.keys() == ADDED
        for name in one.keys() - {*TIMING_KEYS}:
            assert one[name] == other[name], name
        assert other["val_log_loss"] == pytest.approx(other["val_loss"], rel=1e-5)
    areas = [line["val_roc_auc"] for line in scored]
    assert areas[-1] > areas[0]
    best = runs["scored"].result["best"]
    assert best["val_roc_auc"] == max(areas)
    validation = runs["scored"].result["validation"]
    assert validation.keys() == EXPECTED
    for name in EXPECTED:
        assert validation[name] == pytest.approx(best[f"val_{name}"], rel=1e-6)


@pytest.mark.any_backend
def test_the_test_scores_are_those_of_scikit_learn(runs: dict[str, kerasdl.Run]):
    run = runs["plain"]
    result = run.result
    assert result["test"].keys() == EXPECTED | {"loss"}
    assert [*result["test"]][:3] == ["loss", "accuracy", "roc_auc"]
    assert "undefined" not in result
    assert result["classes"] == ["cheap", "dear"]
    matrix = np.array(result["confusion_matrix"])
    assert matrix.sum() == 48
    assert np.trace(matrix) / 48 == result["test"]["accuracy"]
    for name, scores in result["baseline"].items():
        assert scores.keys() >= EXPECTED, name
        margin = scores["margin"]
        difference = result["test"]["accuracy"] - scores["accuracy"]
        assert margin["estimate"] == pytest.approx(difference)
        assert margin["low"] <= margin["estimate"] <= margin["high"]
    assert {*result["baseline"]} == {
        "majority_class", "logistic_regression", "boosted_trees",
    }  # fmt: skip


@pytest.mark.any_backend
def test_a_score_that_is_undefined_is_left_out_and_said(runs: dict[str, kerasdl.Run]):
    lines = (runs["plain"].path.parent / "flats.csv").read_text().splitlines()
    Path("one.csv").write_text("\n".join(lines[:2]))
    code, said = verb("evaluate", str(runs["plain"].path), "--data", "one.csv")
    assert code == 0
    assert re.search(r"roc_auc +undefined: no example has the class", said)
    assert "nan" not in said
    code, said = verb(
        "evaluate", str(runs["plain"].path), "--data", "one.csv", "--json"
    )
    scores = json.loads(said)
    assert {*scores["undefined"]} >= {"roc_auc", "average_precision"}
    assert not scores.keys() & scores["undefined"].keys()


@pytest.mark.any_backend
def test_one_row_of_numbers_has_no_r2():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 3)), np.arange(60.0) % 10
    np.savez("mine.npz", x=x, y=y)
    flags = ("--data", "mine.npz", "--epochs", "1", "--run-dir", "run")
    monitor = "training.monitor=val_mean_absolute_percentage_error"
    preset = ("train", "--preset", "mlp-regression")
    code, said = verb(*preset, "--data", "mine.npz", "--run-dir", "none",
        "--set", monitor, "--set", "data.validation_fraction=0.9")  # fmt: skip
    told = f"{monitor[17:]} of mine.npz is undefined: \\d targets are 0"
    assert code == 3
    assert re.search(told, said)
    assert not Path("none").exists()
    with pytest.raises(DataError, match=told):
        plan(config("mlp-regression", "data.name=mine.npz", monitor,
            "data.validation_fraction=0.9"))  # fmt: skip
    code, said = verb(*preset, *flags, "--set", "data.test_fraction=0.5", whole=True)
    assert code == 0
    assert "no mean_absolute_percentage_error of the test set: 4 targets are 0" in said
    undefined = {"mean_absolute_percentage_error": "4 targets are 0"}
    assert kerasdl.load("run").result["undefined"] == undefined
    assert re.search(r"margin +r2_score [+-][0-9.]+ over \w+.* \(95 % interval", said)
    np.savez("one.npz", x=x[:1], y=y[1:2])
    code, said = verb("evaluate", "run", "--data", "one.npz", "--json")
    scores = json.loads(said)
    assert scores["undefined"] == {"r2_score": "it needs two examples"}
    assert scores["mean_absolute_percentage_error"] > 0


@pytest.mark.any_backend
def test_the_scores_of_each_epoch_need_a_validation_split():
    preset, key = ("train", "--preset", "mlp"), "training.validation_scores=true"
    none = ("--set", "data.validation_fraction=0", "--set", "training.monitor=loss")
    code, said = verb(*preset, "--set", key, *none)
    assert (code, "validation_scores needs a validation split" in said) == (2, True)
    code, said = verb(*preset, *none, "--set", "training.monitor=val_f1")
    assert (code, "val_f1') is not measured" in said) == (2, True)
    code, said = verb(*preset, "--set", "training.monitor=val_r2_score")
    assert "choose from loss, accuracy, val_loss, val_accuracy, val_roc_auc," in said
    code, said = verb("train", "--preset", "gpt-tiny", "--set", key)
    assert (code, "has no meaning in language-modelling" in said) == (2, True)
    small = ("--data", "iris", "--epochs", "1", "--json", "--run-dir", "run")
    assert verb(*preset, "--set", key, *small)[0] == 0
    assert kerasdl.load("run").history[0].keys() >= ADDED
