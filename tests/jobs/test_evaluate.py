import json
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasdl.data.builtin import load_builtin as load_arrays
from kerasdl.errors import DataError, ModelFileError
from kerasdl.jobs.evaluate import evaluate
from kerasdl.rundir import RunDir
from tests.jobs.helpers import trained

pytestmark = pytest.mark.any_backend


def test_evaluate_repeats_the_test_score(run_of_five_epochs):
    run, result = run_of_five_epochs
    again = evaluate(run)
    assert again["accuracy"] == result["test"]["accuracy"]
    assert np.isclose(again["loss"], result["test"]["loss"], rtol=1e-6)
    assert again["examples"] == 360


def test_evaluate_on_other_data(run_of_five_epochs, tmp_path: Path):
    run, _ = run_of_five_epochs
    digits = load_arrays("digits")
    np.savez(tmp_path / "some.npz", x=digits.x[:50], y=digits.y[:50])
    scores = evaluate(run, str(tmp_path / "some.npz"))
    assert scores["examples"] == 50
    assert scores["accuracy"] > 0.9
    with pytest.raises(DataError, match=r"the model takes \(8, 8, 1\)"):
        evaluate(run, "iris")


def test_evaluate_takes_the_models_classes_not_those_of_the_new_data(tmp_path: Path):
    run, _ = trained("mlp", "training.epochs=3", "data.name=wine")
    wine = load_arrays("wine")
    only = wine.y == 2
    np.savez(tmp_path / "one.npz", x=wine.x[only], y=wine.y[only])
    assert evaluate(run, str(tmp_path / "one.npz"))["examples"] == only.sum()
    np.savez(tmp_path / "five.npz", x=wine.x[:5], y=np.arange(5))
    with pytest.raises(DataError, match=r"y is 3 at row 3 .*the 3 classes are 0 … 2"):
        evaluate(run, str(tmp_path / "five.npz"))


def test_evaluate_notices_that_its_data_has_changed(tmp_path: Path, monkeypatch):
    wine = load_arrays("wine")
    np.savez(tmp_path / "mine.npz", x=wine.x, y=wine.y)
    run, result = trained("mlp", "training.epochs=3", "data.name=mine.npz")
    run = RunDir(run.path.resolve())
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert evaluate(run)["accuracy"] == result["test"]["accuracy"]
    np.savez(tmp_path / "mine.npz", x=wine.x * 2, y=wine.y)
    with pytest.raises(DataError, match="has changed since"):
        evaluate(run)


def test_a_run_whose_files_are_damaged(copied_run: RunDir):
    run = copied_run
    other, _ = trained("mlp", "training.epochs=1", "data.name=wine")
    whole = run.model_file.read_bytes()
    for content, message in [
        (whole[:1000], "is damaged"),
        (other.model_file.read_bytes(), r"maps \(None, 13\) to \(None, 3\)"),
    ]:
        run.model_file.write_bytes(content)
        with pytest.raises(ModelFileError, match=message):
            evaluate(run)
    run.model_file.unlink()
    with pytest.raises(ModelFileError, match="is missing"):
        evaluate(run)
    run.model_file.write_bytes(whole)
    run.write_preprocessing({})
    with pytest.raises(ModelFileError, match=r"preprocessing\.json"):
        evaluate(run)


def test_regression_in_the_units_of_the_target():
    run, result = trained("mlp-regression", "training.epochs=30", baselines=True)
    mean, ridge = (result["baseline"][name] for name in ("mean", "ridge_regression"))
    assert result["test"]["r2_score"] > 0.2
    error = result["test"]["mean_absolute_error"]
    assert ridge["mean_absolute_error"] * 0.8 < error < mean["mean_absolute_error"]
    assert np.isclose(evaluate(run)["r2_score"], result["test"]["r2_score"])


def test_a_loss_that_is_no_number_is_a_fault_of_the_data(tmp_path: Path):
    half = "precision.policy=mixed_float16"
    run, _ = trained("mlp", "training.epochs=1", "data.name=wine", half)
    wine = load_arrays("wine")
    for far, message in [
        (1e6, "the loss over far.npz is .* for mixed_float16"),
        (1e30, r"x is .* at row 2, column 4 in far\.npz, .* once standardised"),
    ]:
        x = wine.x.copy()
        x[2, 4] += far * x[:, 4].std()
        np.savez("far.npz", x=x, y=wine.y)
        with pytest.raises(DataError, match=message):
            evaluate(run, "far.npz")


def test_a_test_score_that_is_no_number_ends_training_with_a_fault_of_the_data():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(90, 4)), np.arange(90) % 3
    x_test = np.where(x == x[7, 2], 1e6 * x.std(), x)
    np.savez("far.npz", x=x, y=y, x_test=x_test, y_test=y)
    settings = ("training.epochs=1", "data.name=far.npz", "model.hidden_units=[8]")
    half = "precision.policy=mixed_float16"
    with pytest.raises(DataError, match=r"the loss over the test set of far\.npz is"):
        trained("mlp", *settings, half)
    [run] = Path("runs").iterdir()
    stored = json.loads((run / "result.json").read_text())
    assert stored["status"] == "completed"
    assert stored["test"]["loss"] is None


def test_a_batch_that_would_be_too_large_is_cut(
    run_of_five_epochs, monkeypatch: pytest.MonkeyPatch
):
    run, _ = run_of_five_epochs
    seen: list[int] = []
    predict = keras.Model.predict

    def noted(self, x, batch_size, **given):
        seen.append(batch_size)
        return predict(self, x, batch_size=batch_size, **given)

    monkeypatch.setattr(keras.Model, "predict", noted)
    whole = evaluate(run)
    monkeypatch.setattr("kerasdl.jobs.evaluate.LARGEST_TENSOR", 256 * 7)
    again = evaluate(run)
    assert again["accuracy"] == whole["accuracy"]
    assert again["loss"] == pytest.approx(whole["loss"], rel=1e-5)
    assert seen == [64, 7]  # the widest layer has 256 units
