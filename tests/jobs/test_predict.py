"""Predictions of every kind of data, and that they are what was scored."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics

import kerasdl
from kerasdl.jobs import predict as job
from kerasdl.jobs.evaluate import evaluate
from tests.jobs import test_tables
from tests.jobs.helpers import verb

RNG = np.random.default_rng(0)


def rows(path: str) -> list[dict[str, str]]:
    with Path(path).open(newline="", encoding="utf-8") as file:
        return [*csv.DictReader(file)]


def trained(target: str) -> kerasdl.Run:
    test_tables.write()
    given = (
        "--data",
        "flats.csv",
        "--target",
        target,
        *test_tables.SHORT,
        *test_tables.PLAIN,
    )
    assert verb("train", *given, "--run-dir", "run")[0] == 0
    return kerasdl.load("run")


@pytest.mark.variant
def test_scores_recomputed_from_a_file_are_those_of_evaluate():
    run = trained("class")
    assert verb("predict", "run", "--data", "flats.csv", "--output", "p.csv")[0] == 0
    found = rows("p.csv")
    names = ["size", "city", "balcony", "built", "rent", "class"]
    probabilities = ["probability cheap", "probability dear"]
    assert [*found[0]] == [*names, "prediction", *probabilities]
    predicted = [row["prediction"] for row in found]
    expected = evaluate(run.directory, "flats.csv")
    labels = [row["class"] for row in found]
    share = [float(row["probability dear"]) for row in found]
    recomputed = {
        "accuracy": metrics.accuracy_score(labels, predicted),
        "balanced_accuracy": metrics.balanced_accuracy_score(labels, predicted),
        "f1": metrics.f1_score(labels, predicted, pos_label="dear"),
        "roc_auc": metrics.roc_auc_score(np.equal(labels, "dear"), share),
        "average_precision": metrics.average_precision_score(
            labels, share, pos_label="dear"
        ),
        "log_loss": metrics.log_loss(labels, share, labels=["cheap", "dear"]),
    }
    assert {name: expected[name] for name in recomputed} == pytest.approx(recomputed)
    given = rows("flats.csv")
    assert [row["size"] for row in found] == [row["size"] for row in given]
    for row in found:
        shares = [float(row[name]) for name in probabilities]
        assert sum(shares) == pytest.approx(1)
        assert row["prediction"] == ["cheap", "dear"][int(shares[1] > shares[0])]


@pytest.mark.any_backend
def test_the_target_may_be_absent_or_missing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(job, "ROWS", 100)  # in more than one piece
    run = trained("rent")
    whole = run.predict("flats.csv")["prediction"]
    table = rows("flats.csv")
    assert verb("predict", "run", "--data", "flats.csv", "--output", "p.csv")[0] == 0
    written = [float(row["prediction"]) for row in rows("p.csv")]
    rents = [float(row["rent"]) for row in table]
    expected = evaluate(run.directory, "flats.csv")
    recomputed = {
        "r2_score": metrics.r2_score(rents, written),
        "mean_absolute_error": metrics.mean_absolute_error(rents, written),
        "root_mean_squared_error": metrics.root_mean_squared_error(rents, written),
        "mean_absolute_percentage_error": metrics.mean_absolute_percentage_error(
            rents, written
        ),
    }
    found = {name: expected[name] for name in recomputed}
    assert found == pytest.approx(recomputed, rel=1e-6)
    for name, row in (("without", "size,city,balcony,built,class"), ("empty", "")):
        names = row.split(",") if row else [*table[0]]
        lines = [",".join("" if n == "rent" else r[n] for n in names) for r in table]
        Path(f"{name}.csv").write_text("\n".join([",".join(names), *lines]))
        np.testing.assert_array_equal(run.predict(f"{name}.csv")["prediction"], whole)


@pytest.mark.any_backend
def test_columns_to_keep():
    trained("rent")
    given = ("predict", "run", "--data", "flats.csv", "--output", "p.jsonl")
    assert verb(*given, "--keep", "city")[0] == 0
    first = json.loads(Path("p.jsonl").read_text().splitlines()[0])
    assert [*first] == ["city", "prediction", "low", "high"]
    code, said = verb(*given, "--keep", "town")
    assert (code, "flats.csv has no column 'town' — choose from size" in said) == (
        3,
        True,
    )
    lines = Path("flats.csv").read_text().splitlines()
    lines = [f"{line},{'prediction' if n == 0 else n}" for n, line in enumerate(lines)]
    Path("flats.csv").write_text("\n".join(lines))
    code, said = verb(*given)
    assert (code, "flats.csv has a column 'prediction'" in said) == (3, True), said


@pytest.mark.any_backend
def test_arrays_and_reconstructions():
    x = RNG.normal(size=(60, 4))
    np.savez("mine.npz", x=x, y=(x[:, 0] > 0).astype(int))
    small = {"model.hidden_units": [8], "epochs": 2}
    run = kerasdl.train("mlp-tabular", "mine.npz", quiet=True, report=False, **small)
    np.savez("new.npz", x=x[:7])
    found = run.predict("new.npz")
    assert found["prediction"].dtype == "int64"
    assert [*found] == ["prediction", "probability 0", "probability 1"]
    assert len(found["prediction"]) == 7
    code, said = verb("predict", str(run.path), "--data", "new.npz")
    assert code == 0
    assert said.startswith("row,prediction,probability 0,probability 1\n0,")
    run = kerasdl.train("autoencoder", "digits", quiet=True, report=False, epochs=1)
    errors = run.predict("digits")["error"]
    assert errors.shape == (1797,)
    assert (errors > 0).all()


@pytest.mark.any_backend
def test_what_has_no_predictions():
    trained("class")
    code, said = verb("predict", "run", "--data", "flats.csv", "--output", "p.xlsx")
    assert (code, "cannot write predictions to p.xlsx" in said) == (2, True)
    code, said = verb("predict", "run", "--data", "flats.csv", "--json")
    assert (code, "give --output" in said) == (2, True)
    code, said = verb("predict", "run", "--data", "none.csv")
    assert (code, "no file at none.csv" in said) == (3, True)
