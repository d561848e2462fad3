"""Several numbers, from a table to predictions with intervals."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_linnerud
from sklearn.metrics import r2_score

import kerasdl
from kerasdl.errors import ModelFileError
from kerasdl.jobs import calibration, encodings
from kerasdl.jobs.resume import resume
from tests.jobs.helpers import SELECTION, verb

SMALL = (
    "--epochs", "3", "--batch-size", "32",
    "--set", "model.hidden_units=[16]", "--set", "training.accelerate=false",
)  # fmt: skip
NAMES = ("rent", "heat, gas")


def write(rows: int = 160) -> None:
    """Write apartments whose rent and heating follow from size and age."""
    drawn = np.random.default_rng(0)
    lines = ['size,age,rent,"heat, gas"']
    for _ in range(rows):
        size, age = drawn.uniform(20, 120), drawn.integers(1, 90)
        rent = 200 + 9 * size + drawn.normal(0, 20)
        heat = 0.1 * size + 0.2 * age + drawn.normal(0, 1)
        lines.append(f"{size:.1f},{age},{rent:.2f},{heat:.2f}")
    Path("flats.csv").write_text("\n".join(lines))


def targets() -> list[str]:
    return [part for name in NAMES for part in ("--target", name)]


@pytest.mark.variant
def test_from_a_table_to_intervals():
    write()
    given = ("--data", "flats.csv", *targets(), *SMALL, "--run-dir", "run")
    code, said = verb("train", *given, whole=True)
    assert code == 0, said
    assert "task regression: 'rent' and 'heat, gas' hold numbers" in said
    assert "margin   r2_score" in said
    run = kerasdl.load("run")
    assert run.directory.read_config().data.target == NAMES
    frame = run.predict("flats.csv")
    assert [*frame] == [
        "prediction rent", "prediction heat, gas", "low rent", "high rent",
        "low heat, gas", "high heat, gas",
    ]  # fmt: skip
    file = np.genfromtxt("flats.csv", delimiter=",", skip_header=1)
    widths = []
    for place, name in enumerate(NAMES, start=2):
        known, predicted = file[:, place], frame[f"prediction {name}"]
        assert known.min() - 1e-3 <= predicted.min()  # RealMLP clamps each
        assert predicted.max() <= known.max() + 1e-3
        low, high = frame[f"low {name}"], frame[f"high {name}"]
        assert np.mean((low <= known) & (known <= high)) > 0.75
        widths.append(float(np.mean(high - low)))
    assert widths[0] > 20 * widths[1]  # each in its own units
    code, said = verb("evaluate", "run", "--data", "flats.csv", "--json")
    assert code == 0, said
    own = [frame[f"prediction {name}"] for name in NAMES]
    expected = r2_score(file[:, 2:], np.stack(own, -1))
    assert json.loads(said)["r2_score"] == pytest.approx(expected, rel=1e-4)
    result = run.result
    of_each = [result["by_target"][name]["r2_score"] for name in NAMES]
    assert result["test"]["r2_score"] == pytest.approx(np.mean(of_each))
    assert {*result["baseline"]} == {"mean", "ridge_regression", "boosted_trees"}
    assert resume(run.path, SELECTION, epochs=4)["status"] == "completed"
    damaged(run)


def damaged(run: kerasdl.Run) -> None:
    """Check that intervals for other targets are refused."""
    path, targets = (
        run.path / "calibration.json",
        encodings.read(run.directory, run.directory.read_config()).targets,
    )
    values = json.loads(path.read_text())
    assert (values["format"], len(values["residuals"])) == (2, 2)
    for residuals in (values["residuals"][:1], [[1.0], 3], [[2.0, 1.0], [1.0]]):
        path.write_text(json.dumps(values | {"residuals": residuals}))
        with pytest.raises(
            ModelFileError, match=r"calibration\.json of run is damaged"
        ):
            calibration.read(run.directory, targets, {}, print)


@pytest.mark.variant
def test_arrays_of_several_numbers_step_by_step():
    """Without fused steps, and with targets that have no names."""
    x, y = load_linnerud(return_X_y=True)
    np.savez("mine.npz", x=x, y=y)
    given = ("train", "--preset", "mlp-regression", "--data", "mine.npz", *SMALL)
    code, said = verb(*given, "--set", "training.accelerate=false", "--run-dir", "run")
    assert code == 0, said
    run = kerasdl.load("run")
    with pytest.warns(UserWarning, match="3 validation examples"):
        found = run.predict("mine.npz")
    assert [*found] == [f"prediction {n}" for n in range(3)]
    best, validation = run.result["best"], run.result["validation"]
    assert validation["r2_score"] == pytest.approx(best["val_r2_score"], rel=1e-4)
    np.savez("other.npz", x=x, y=y[:, :2])
    code, said = verb("evaluate", "run", "--data", "other.npz")
    assert (code, "give y the shape (20, 3)" in said) == (3, True), said


@pytest.mark.any_backend
def test_a_score_that_validation_leaves_undefined_selects_no_epoch():
    write()
    lines = Path("flats.csv").read_text().splitlines()
    parts = ["train", "train", "val", "test"]
    rows = [f"{line},{parts[n % 4]}" for n, line in enumerate(lines[1:])]
    still = [re.sub(r"[^,]*,val$", "7.0,val", row) for row in rows]
    Path("flats.csv").write_text("\n".join([f"{lines[0]},part", *still]))
    given = ("--data", "flats.csv", *targets(), *SMALL, "--set", "data.split=part")
    code, said = verb("train", *given, "--set", "training.monitor=val_r2_score")
    assert code == 3
    assert "undefined: all targets are equal in 'heat, gas'" in said
    assert not Path("runs").exists()
