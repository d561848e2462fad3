"""Runs on series, from the file to the forecast."""

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import kerasdl
from kerasdl.config import parse_setting
from kerasdl.jobs.train import train
from kerasdl.rundir import RunDir
from tests.data.series.helpers import write
from tests.jobs.helpers import SELECTION, With, check_same_run, config, train_lean, verb
from tests.jobs.test_tables import Kill, KilledError

KEYS = (
    "data.task=forecasting", "data.time=day", "data.series=shop", "data.window=7",
    "data.horizon=2", "data.season=7", 'data.ignore=["note"]',
)  # fmt: skip
DATA = ("data.name=s.csv", "data.target=sales", *KEYS)
SMALL = ("model.hidden_units=8", "training.epochs=2", "training.batch_size=16")


def flags(*texts: str) -> list[str]:
    return [part for text in texts for part in ("--set", text)]


def table(path: str = "p.csv") -> list[dict[str, str]]:
    with Path(path).open() as file:
        return [*csv.DictReader(file)]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the default preset on two shops, with its file beside it."""
    folder = tmp_path_factory.mktemp("series")
    write(str(folder / "s.csv"), steps=60, series=("b", "a"))
    given = ["--data", str(folder / "s.csv"), "--target", "sales", "--lr", "0.01"]
    given += [*flags(*KEYS, *SMALL[:1]), "--epochs", "20"]
    code, said = verb("train", *given, "--run-dir", str(folder / "run"), whole=True)
    assert code == 0, said
    assert "preset nlinear, the default for forecasts" in said
    return folder / "run"


@pytest.mark.variant
def test_the_scores_are_those_of_forecasts(run: Path):
    """Each window of the test split is a file that ends where the forecast begins."""
    frame = pd.read_csv(run.parent / "s.csv")
    result = RunDir(run).read_result()
    assert result is not None
    errors = []
    for end in range(48, 59):
        parts = [rows[:end] for _, rows in frame.groupby("shop", sort=False)]
        pd.concat(parts).to_csv("cut.csv", index=False)
        given = ("predict", str(run), "--data", "cut.csv", "--output", "p.csv")
        assert verb(*given)[0] == 0
        for row, (_, whole) in zip(
            table(), frame.groupby("shop", sort=False), strict=True
        ):
            assert (row["shop"], row["day"]) == (
                whole["shop"].iloc[0],
                whole["day"].iloc[end - 1],
            )
            for step in (1, 2):
                predicted = float(row[f"prediction sales +{step}"])
                assert float(row[f"low sales +{step}"]) < predicted
                errors.append(abs(predicted - whole["sales"].iloc[end + step - 1]))
    score = result["test"]["mean_absolute_error"]
    assert np.mean(errors) == pytest.approx(score, rel=1e-5)
    code, said = verb("evaluate", str(run), "--json")
    assert code == 0
    assert json.loads(said)["mean_absolute_error"] == score
    baselines = result["baseline"]
    assert [*baselines] == ["last_value", "seasonal_value", "ridge_regression"]
    assert score < baselines["last_value"]["mean_absolute_error"]
    scaled = score / frame[:39].groupby("shop")["sales"].diff(7).abs().mean()
    assert result["test"]["mean_absolute_scaled_error"] == pytest.approx(scaled, 0.2)


@pytest.mark.variant
def test_killed_mid_epoch_and_resumed_forecasts_are_the_same():
    write(steps=60, series=("b", "a"))
    steps = ("training.steps_per_execution=1", "checkpoint.every_steps=1")
    chosen = config("nlinear", *DATA, *SMALL, *steps)
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
    Path("s.csv").rename("moved.csv")
    assert verb("resume", "killed")[0] == 3
    code, said = verb("resume", "killed", "--data", "moved.csv")
    assert code == 0, said
    check_same_run(whole, killed)


@pytest.mark.variant
def test_windows_that_are_drawn_train_as_those_in_memory(
    monkeypatch: pytest.MonkeyPatch,
):
    write(steps=60, series=("b", "a"))
    chosen = config("nlinear", *DATA, *SMALL, "training.accelerate=false")
    whole = train_lean(chosen, "whole", baselines=True)
    monkeypatch.setattr("kerasdl.data.series.preprocessing.DRAWN_BYTES", 1)
    drawn = train_lean(chosen, "drawn", baselines=True)
    # Outputs of other batches may differ in the last bit.
    assert drawn["test"] == pytest.approx(whole["test"], rel=1e-5)
    assert drawn["baseline"] == whole["baseline"]


@pytest.mark.any_backend
def test_a_frame_of_pandas(run: Path):
    frame = pd.read_csv(run.parent / "s.csv")
    settings = [parse_setting(text) for text in (*KEYS, *SMALL)]
    given = {setting.key: setting.value for setting in settings}
    trained = kerasdl.train(data=frame, target="sales", quiet=True, **given)
    assert trained.result["status"] == "completed"
    predicted = trained.predict(frame)
    assert predicted["shop"].tolist() == ["b", "a"]
    assert "prediction sales +2" in predicted.columns
    assert trained.predict(run.parent / "s.csv")["shop"].tolist() == ["b", "a"]
    assert verb("evaluate", str(trained.path))[0] == 0


@pytest.mark.any_backend
@pytest.mark.parametrize("preset", ["lstm", "mlp-tabular"])
def test_other_presets_forecast(preset: str):
    write(steps=60, series=("b", "a"))
    small = "model.units=[4]" if preset == "lstm" else "model.hidden_units=[4]"
    given = ["--preset", preset, "--data", "s.csv", "--target", "sales"]
    given += [*flags(*KEYS, small), "--epochs", "1", "--run-dir", "run"]
    code, said = verb("train", *given)
    assert code == 0, said
    assert verb("predict", "run", "--data", "s.csv", "--output", "p.csv")[0] == 0
    assert [row["shop"] for row in table()] == ["b", "a"]


@pytest.mark.any_backend
def test_whole_series_have_classes():
    drawn = np.random.default_rng(0)
    y = drawn.integers(0, 2, 80)
    x = drawn.normal(size=(80, 9, 2)).cumsum(1) * np.where(y, 1, -1)[:, None, None]
    np.savez("w.npz", x=x + 3 * y[:, None, None], y=y)
    keys = flags("data.kind=series", "data.task=classification", "model.units=[4]")
    given = ["--data", "w.npz", *keys, "--epochs", "1", "--run-dir", "run"]
    code, said = verb("train", *given)
    assert code == 0, said
    assert "preset lstm, the default for whole series" in said
    assert RunDir(Path("run")).read_config().data.kind == "series"
    assert verb("evaluate", "run", "--data", "w.npz")[0] == 0
    assert verb("predict", "run", "--data", "w.npz", "--output", "p.csv")[0] == 0
    assert len(table()) == 80


@pytest.mark.any_backend
def test_a_dry_run_tells_series_steps_windows_and_gaps():
    write(steps=60, series=("b", "a"), left_out=(20,))
    given = ["--data", "s.csv", "--target", "sales", *flags(*KEYS), "--dry-run"]
    code, said = verb("train", *given)
    assert code == 0, said
    text = [" ".join(line.split()) for line in said.splitlines()]
    assert "note s.csv has 2 series of 118 steps in total" in text
    assert "split by time: the last steps of each series" in text
    assert "examples 48 train, 12 validation, 22 test" in text
    assert any("no window crosses the 2 gaps between irregular" in t for t in text)
    assert "day date, time 0 59 2024-01-01, 2024-01-02, 2024-01-03" in text


@pytest.mark.any_backend
def test_what_is_too_short_to_forecast(run: Path):
    write("new.csv", steps=5, series=("c", "d"))
    code, said = verb("predict", str(run), "--data", "new.csv")
    assert code == 3
    assert "last 7 steps without a gap: series 'c' has 5; series 'd' has 5" in said
