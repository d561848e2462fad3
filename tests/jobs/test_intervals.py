"""Intervals of predicted numbers, from training to the file."""

import csv
import json
import shutil
from pathlib import Path

import click
import numpy as np
import pytest

import kerasdl
from kerasdl.errors import ConfigError, ModelFileError
from kerasdl.jobs import assemble
from kerasdl.tasks.outputs import predicted
from tests.jobs import test_tables
from tests.jobs.helpers import verb

SMALL = (
    "--epochs", "4", "--no-report", *test_tables.PLAIN,
    "--set", "model.hidden_units=[16]", "--set", "training.accelerate=false",
)  # fmt: skip


def trained(target: str, *flags: str, path: str = "run") -> kerasdl.Run:
    test_tables.write()
    given = ("--data", "flats.csv", "--target", target, *SMALL, *flags)
    code, said = verb("train", *given, "--run-dir", path)
    assert code == 0, said
    return kerasdl.load(path)


@pytest.mark.variant
def test_intervals_are_calibrated_on_the_validation_split():
    run = trained("rent")
    dataset = assemble.dataset(run.directory.read_config())
    found = predicted(run.model, dataset.validation, 64)
    errors = dataset.targets.decode(found.encoded)
    errors -= dataset.targets.decode(found.outputs)
    kept = run.directory.read_calibration()
    assert kept is not None
    np.testing.assert_allclose(kept["residuals"], np.sort(np.abs(errors)), rtol=1e-4)
    assert "calibration.json" in Path("run", "MANIFEST.json").read_text()
    given = ("predict", "run", "--data", "flats.csv", "--output", "p.csv")
    assert verb(*given)[0] == 0
    with Path("p.csv").open(encoding="utf-8") as file:
        rows = [
            {name: float(row[name]) for name in ("low", "prediction", "high", "rent")}
            for row in csv.DictReader(file)
        ]
    place = int(np.ceil(0.9 * (len(errors) + 1))) - 1
    for row in rows:
        half = (row["high"] - row["low"]) / 2
        assert half == pytest.approx(kept["residuals"][place], rel=1e-6)
        assert row["low"] + half == pytest.approx(row["prediction"])
    held = [row["low"] <= row["rent"] <= row["high"] for row in rows]
    assert 0.75 < np.mean(held) < 1
    narrow = run.predict("flats.csv", coverage=0.5)
    assert (narrow["high"] - narrow["low"] < 2 * half).all()


@pytest.mark.any_backend
def test_a_damaged_calibration_is_refused():
    run = trained("rent")
    shutil.copytree("run", "copy")
    whole = json.loads(Path("run", "calibration.json").read_text())
    given = ("predict", "copy", "--data", "flats.csv", "--output", "p.csv")
    for change in (
        {"format": 2},
        {"residuals": []},
        {"residuals": 3},
        {"residuals": ["1"]},
        {"residuals": [1]},
        {"residuals": [-1.0, 2.0]},
        {"residuals": [2.0, 1.0]},
        {"residuals": [float("nan")] * 20},
        {"residuals": [0.0] * 10_001},
    ):
        Path("copy", "calibration.json").write_text(json.dumps(whole | change))
        code, said = verb(*given)
        assert (code, "calibration.json of copy changed since" in said) == (4, True)
        code, said = verb(*given, "--trust-edits")
        assert (code, "calibration.json of copy is damaged" in said) == (4, True), said
    Path("copy", "calibration.json").unlink()
    assert "calibration.json of copy changed since" in verb(*given)[1]
    assert verb(*given, "--trust-edits")[0] == 0
    with pytest.raises(ConfigError, match="copy has no intervals"):
        kerasdl.load("copy").predict("flats.csv", coverage=0.9)
    Path("copy", "calibration.json").write_text("[]")
    with pytest.raises(ModelFileError, match="not a JSON object"):
        kerasdl.load("copy").predict("flats.csv")
    run.directory.forget_result()
    assert run.directory.read_calibration() is None


@pytest.mark.any_backend
def test_who_has_no_intervals():
    trained("class", path="classes")
    assert not Path("classes", "calibration.json").exists()
    given = ("predict", "classes", "--data", "flats.csv", "--output", "p.csv")
    code, said = verb(*given, "--coverage", "0.9")
    assert (code, "classes has no intervals — leave --coverage out" in said) == (
        2,
        True,
    )
    with pytest.raises(click.BadParameter):
        verb(*given, "--coverage", "1")
    np.savez("few.npz", x=np.arange(30.0)[:, None], y=np.arange(30.0))
    few = ("train", "--preset", "mlp-regression", "--data", "few.npz", "--epochs", "2")
    code, said = verb(*few, "--run-dir", "few")
    assert code == 0
    assert "4 validation examples, a coverage of 0.9 needs 9" in said
    with pytest.warns(UserWarning, match=r"have no intervals: 4 .* — lower --coverage"):
        assert [*kerasdl.load("few").predict("few.npz")] == ["prediction"]
    assert [*kerasdl.load("few").predict("few.npz", 0.7)] == [
        "prediction", "low", "high",
    ]  # fmt: skip
    with pytest.raises(
        ConfigError, match=r"0\.9 needs 9 validation examples, few has 4"
    ):
        kerasdl.load("few").predict("few.npz", 0.9)
