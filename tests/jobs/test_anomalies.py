"""Reconstructions, latent codes and how unusual their errors are, by NumPy."""

import contextlib
import csv
import json
import shutil
from pathlib import Path
from unittest.mock import Mock

import click
import keras
import numpy as np
import polars as pl
import pytest
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.metrics import roc_auc_score

import kerasdl
from kerasdl import manifest
from kerasdl.errors import ConfigError, LockedError, ModelFileError
from kerasdl.figures import Table
from kerasdl.jobs import assemble
from kerasdl.jobs import predict as job
from kerasdl.jobs.evaluate import evaluate
from kerasdl.report.kept import read_figures
from kerasdl.rundir import RunDir
from tests.jobs import test_tables
from tests.jobs.helpers import verb

SMALL = {
    "model.hidden_units": [16],
    "training.accelerate": False,
    "model.latent_units": 2,
    "epochs": 3,
    "quiet": True,
    "report": False,
}
GIVEN = ("--data", "flats.csv", "--threshold", "0.9", "--output")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a table and a run on it, whose column `class` is left out."""
    with contextlib.chdir(tmp_path_factory.mktemp("anomalies")):
        test_tables.write()
        kerasdl.train(
            "autoencoder", "flats.csv", target="class", run_dir="run", **SMALL
        )
        return Path.cwd()


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> kerasdl.Run:
    """The run, in its folder."""
    monkeypatch.chdir(folder)
    return kerasdl.load("run")


@pytest.fixture
def old(run: kerasdl.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDir:
    """A copy of the run as an earlier version wrote it."""
    shutil.copytree(run.path, tmp_path / "old")
    shutil.copy("flats.csv", tmp_path)
    monkeypatch.chdir(tmp_path)
    Path("old", "calibration.json").unlink()
    manifest.write_run(Path("old"))
    return kerasdl.load("old").directory


def by_numpy(run: kerasdl.Run, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the codes and the outputs of the network, in float64."""
    kernels = [w.astype("float64") for w in run.model.get_weights()]
    layers = [*zip(kernels[::2], kernels[1::2], strict=True)]
    hidden = np.maximum(x @ layers[0][0] + layers[0][1], 0)
    codes = hidden @ layers[1][0] + layers[1][1]
    hidden = np.maximum(codes @ layers[2][0] + layers[2][1], 0)
    return codes, hidden @ layers[3][0] + layers[3][1]


@pytest.mark.variant
def test_all_fields_are_those_of_numpy(run: kerasdl.Run):
    """On every backend, and so equal on all."""
    config = run.directory.read_config()
    assert (config.data.task, config.data.target) == ("reconstruction", "class")
    dataset, raw = assemble.dataset(config), config.data.read()
    held_out = dataset.validation.arrays()[0].astype("float64")
    calibration = ((by_numpy(run, held_out)[1] - held_out) ** 2).mean(axis=1)
    kept = run.directory.read_calibration()
    assert kept is not None
    np.testing.assert_allclose(kept["residuals"], np.sort(calibration), rtol=1e-5)

    x = dataset.preprocessing.inputs(config.data.new(raw)).astype("float64")
    codes, outputs = by_numpy(run, x)
    errors = ((outputs - x) ** 2).mean(axis=1)
    smaller = (calibration < errors[:, None] * (1 - 1e-5)).sum(axis=1)
    found = run.predict("flats.csv", threshold=0.9)
    columns = ["size", "city", "balcony", "built", "rent"]
    assert [*found] == [
        "error", "error_quantile", "anomaly", "latent",
        *(f"reconstruction {name}" for name in columns),
    ]  # fmt: skip
    np.testing.assert_allclose(found["error"], errors, rtol=1e-5)
    np.testing.assert_allclose(found["latent"], codes, rtol=1e-5, atol=1e-5)
    quantiles = smaller / (len(calibration) + 1)
    np.testing.assert_allclose(found["error_quantile"], quantiles, atol=1e-5)
    np.testing.assert_array_equal(found["anomaly"], quantiles >= 0.9)
    assert 0 < found["anomaly"].sum() < len(x) / 2
    [rent] = [c for c in dataset.preprocessing.columns if c.name == "rent"]
    place = np.flatnonzero(np.isclose(x, rent.encode(raw.table)).all(axis=0))
    np.testing.assert_allclose(
        found["reconstruction rent"],
        outputs[:, place[0]] * rent.scale + rent.mean,
        rtol=1e-5,
    )
    assert {*found["reconstruction city"]} <= {"Bonn", "Köln", "Trier"}


@pytest.mark.any_backend
def test_files_hold_the_same_in_the_order_of_the_rows(
    run: kerasdl.Run, monkeypatch: pytest.MonkeyPatch
):
    expected = run.predict("flats.csv", threshold=0.9)
    monkeypatch.setattr(job, "ROWS", 100)  # in more than one piece
    assert verb("predict", "run", *GIVEN, "p.csv", "--keep", "rent")[0] == 0
    with Path("p.csv").open(encoding="utf-8") as file:
        rows = [*csv.DictReader(file)]
    with Path("flats.csv").open(encoding="utf-8") as file:
        assert [r["rent"] for r in rows] == [r["rent"] for r in csv.DictReader(file)]
    assert [*rows[0]][:6] == [
        "rent", "error", "error_quantile", "anomaly", "latent 0", "latent 1",
    ]  # fmt: skip
    for name in ("error", "error_quantile", "reconstruction size"):
        written = [float(row[name]) for row in rows]
        np.testing.assert_allclose(written, expected[name], rtol=1e-5)
    assert [row["anomaly"] == "True" for row in rows] == expected["anomaly"].tolist()
    assert verb("predict", "run", *GIVEN, "p.jsonl")[0] == 0
    first = json.loads(Path("p.jsonl").read_text().splitlines()[0])
    assert (first["class"], first["anomaly"]) == ("dear", bool(expected["anomaly"][0]))
    np.testing.assert_allclose(first["latent"], expected["latent"][0], rtol=1e-4)
    frame = run.predict(pl.read_csv("flats.csv"), threshold=0.9)
    np.testing.assert_allclose(frame["latent 1"], expected["latent"][:, 1], rtol=1e-4)
    assert frame["anomaly"].to_list() == expected["anomaly"].tolist()
    assert frame["reconstruction built"].dtype == pl.Datetime
    Path("named.csv").write_text(
        Path("flats.csv").read_text().replace("class", "error")
    )
    code, said = verb("predict", "run", "--data", "named.csv", "--threshold", "0.9")
    assert (code, "named.csv has a column 'error', as the predictions" in said) == (
        3,
        True,
    )


@pytest.mark.any_backend
def test_what_a_threshold_needs(run: kerasdl.Run, run_of_five_epochs: tuple):
    too_few = "29 validation examples, a threshold of 0.99 needs 99"
    events = Path("run", "events.jsonl").read_text()
    assert f"predictions have no flags of anomalies: {too_few}" in events
    with pytest.warns(UserWarning, match=f"{too_few} — lower --threshold"):
        found = run.predict("flats.csv")
    assert "error_quantile" in found
    assert "anomaly" not in found
    given = ("predict", "run", "--data", "flats.csv")
    code, said = verb(*given, "--threshold", "0.99")
    assert (code, "0.99 needs 99 validation examples, run has 29" in said) == (2, True)
    code, said = verb(*given, "--coverage", "0.9")
    assert (code, "run has no intervals — leave --coverage out" in said) == (2, True)
    for value in (0.5, np.float32(0.5), np.float64(0.5)):
        assert "anomaly" in run.predict("flats.csv", threshold=value)
    for wrong in (0.0, 1.0, 2.0, float("nan"), np.float64(2), True, "0.5"):
        with pytest.raises(ConfigError, match="out of range — give a number between"):
            run.predict("flats.csv", threshold=wrong)
    with pytest.raises(click.BadParameter):
        verb(*given, "--threshold", "1")
    classes = ("predict", str(run_of_five_epochs[0].path), "--data", "digits")
    code, said = verb(*classes, "--threshold", "0.9")
    assert (code, "has no flags of anomalies — leave --threshold" in said) == (2, True)


@pytest.mark.any_backend
def test_evaluate_calibrates_a_run_of_an_earlier_version(folder: Path, old: RunDir):
    given = ("predict", "old", "--data", "flats.csv", "--output", "p.jsonl")
    code, said = verb(*given)
    lacks = "warning: old has no flags of anomalies — kerasdl evaluate old calibrates"
    assert (code, lacks in said) == (0, True), said
    first = json.loads(Path("p.jsonl").read_text().splitlines()[0])
    assert {"error", "latent", "reconstruction size"} <= first.keys()
    assert "error_quantile" not in first
    code, said = verb(*given, "--threshold", "0.9")
    assert (code, "out: kerasdl evaluate old calibrates them" in said) == (2, True)
    code, said = verb("evaluate", "old", "--json")
    assert (code, json.loads(said)["calibration"]) == (0, "written")
    assert manifest.edited(old.path) == []
    again, kept = old.read_calibration(), RunDir(folder / "run").read_calibration()
    assert again is not None
    assert kept is not None
    np.testing.assert_allclose(again["residuals"], kept["residuals"], rtol=1e-6)
    assert "calibration" not in verb("evaluate", "old")[1]
    assert "error_quantile" in kerasdl.load("old").predict("flats.csv", threshold=0.9)


@pytest.mark.any_backend
def test_who_gets_no_calibration(old: RunDir, monkeypatch: pytest.MonkeyPatch):
    Path("old", "metrics.jsonl").write_text("")
    code, said = verb("evaluate", "old", "--trust-edits")
    assert (code, "not written, since metrics.jsonl changed" in said) == (0, True), said
    Path("old", "MANIFEST.json").unlink()
    with monkeypatch.context() as patch:
        fault = LockedError("old is in use", "wait")
        patch.setattr(RunDir, "locked", Mock(side_effect=fault))
        assert evaluate(old)["calibration"] == "not written: old is in use"
    assert old.read_calibration() is None
    config = Path("old", "config.toml").read_text()
    none = config.replace("validation_fraction = 0.15", "validation_fraction = 0.0")
    none = none.replace("val_loss", "loss")
    Path("old", "config.toml").write_text(none)
    with pytest.warns(UserWarning, match="train with data.validation_fraction above 0"):
        kerasdl.load("old").predict("flats.csv")


@pytest.mark.any_backend
def test_images_and_their_model(tmp_path: Path):
    images = load_digits().images[:900]
    np.savez("digits.npz", x=images)
    small = {"model.filters": [4], "model.latent_units": 3, "epochs": 1, "quiet": True}
    run = kerasdl.train("conv-autoencoder", "digits.npz", **small)
    found = run.predict("digits.npz")  # of 108 validation images
    assert found["latent"].shape == (900, 3)
    assert found["reconstruction"].shape == (900, 8, 8)
    assert found["anomaly"].dtype == bool
    scale = run.directory.read_preprocessing()["preprocessing"]["scale"]
    squares = ((found["reconstruction"] - images) / scale) ** 2
    np.testing.assert_allclose(found["error"], squares.mean((1, 2)), rtol=1e-4)
    other = keras.Sequential([keras.Input((8, 8)), keras.layers.Dense(8)])
    other.save(run.directory.model_file)
    with pytest.raises(ModelFileError, match="has no layer 'latent'"):
        run.predict("digits.npz")


@pytest.mark.any_backend
def test_a_class_left_out_of_training_is_unusual():
    x, y = load_breast_cancer(return_X_y=True)
    benign = np.flatnonzero(y == 1)
    np.savez("benign.npz", x=x[benign[::2]])
    np.savez("mixed.npz", x=np.concatenate([x[benign[1::2]], x[y == 0]]))
    run = kerasdl.train("autoencoder", "benign.npz", **SMALL | {"epochs": 20})
    found = run.predict("mixed.npz", threshold=0.9)
    malignant = np.arange(len(found["error"])) >= len(benign[1::2])
    assert roc_auc_score(malignant, found["error"]) > 0.9
    assert (
        found["anomaly"][malignant].mean() > 0.5 > found["anomaly"][~malignant].mean()
    )


@pytest.mark.any_backend
def test_the_report_names_the_feature_that_is_missed_most(run: kerasdl.Run):
    """Of each of the largest errors; all of them are in the file of `predict`."""
    [table] = [
        figure
        for figure in read_figures(run.directory, "test")
        if figure.title == "The largest mistakes"
    ]
    assert isinstance(table, Table)
    place = table.columns.index("worst feature")
    groups = {"size", "city", "balcony", "built", "rent"}
    assert {row[place] for row in table.rows} <= groups
    assert len({row[place] for row in table.rows}) > 1
