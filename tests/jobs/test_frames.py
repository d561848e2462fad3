"""Runs on data frames, and predictions for them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

import kerasdl
from kerasdl import manifest
from kerasdl.errors import DataError
from kerasdl.jobs.evaluate import evaluate
from kerasdl.jobs.resume import resume
from tests.jobs import test_tables
from tests.jobs.helpers import SELECTION, verb

SHORT = {
    "epochs": 12,
    "batch_size": 32,
    "model.hidden_units": [16],
    "training.accelerate": False,
    "quiet": True,
    "report": False,
}


def frame() -> pd.DataFrame:
    test_tables.write()
    table = pd.read_csv("flats.csv", parse_dates=["built"], true_values=["yes"])
    table["balcony"] = table["balcony"] == "yes"
    table["city"] = table["city"].astype("category")
    return table


@pytest.mark.variant
def test_a_run_on_a_frame_can_be_resumed_and_predicts():
    table = frame()
    run = kerasdl.train(data=table, target="rent", run_dir="run", **SHORT)
    assert run.result["test"]["r2_score"] > 0.3
    config = run.directory.read_config().data
    assert config.name == str(Path("run", "data.tsv").resolve())
    assert config.categories == ("city",)
    assert config.task == "regression"
    assert manifest.edited(run.path) == []
    assert evaluate(run.directory)["r2_score"] == run.result["test"]["r2_score"]
    assert resume(run.path, SELECTION, epochs=13)["status"] == "completed"
    table.index = table.index + 1000
    found = run.predict(table.drop(columns="rent"))
    assert [*found] == ["prediction", "low", "high"]
    assert found.index.equals(table.index)
    table.to_csv("new.csv", index=False)
    table.to_parquet("new.parquet")
    for name in ("new.csv", "new.parquet"):
        expected = run.predict(name)["prediction"]
        np.testing.assert_array_equal(found["prediction"], expected)
    polars = run.predict(pl.from_pandas(table))
    np.testing.assert_array_equal(polars["prediction"], found["prediction"])
    given = ("predict", "run", "--data", "new.parquet", "--output", "p.parquet")
    assert verb(*given)[0] == 0
    written = pd.read_parquet("p.parquet")
    np.testing.assert_array_equal(written["prediction"], found["prediction"])
    assert written["built"].tolist() == table["built"].tolist()
    np.testing.assert_array_equal(written["size"], table["size"])
    score = evaluate(run.directory, "new.parquet")["r2_score"]
    assert score == evaluate(run.directory, "new.csv")["r2_score"]


@pytest.mark.any_backend
def test_test_rows_of_a_frame_are_those_of_a_file():
    table = frame()
    rows, test = table.iloc[:-30], table.iloc[-30:]
    rows.to_csv("rows.csv", index=False)
    test.to_csv("test.csv", index=False)
    given = {"target": "rent", **SHORT, "epochs": 2}
    files = kerasdl.train(data="rows.csv", test_data="test.csv", run_dir="f", **given)
    run = kerasdl.train(data=rows, test_data=test, run_dir="run", **given)
    assert run.result["test"] == files.result["test"]
    assert manifest.edited(run.path) == []
    assert evaluate(run.directory)["r2_score"] == run.result["test"]["r2_score"]
    assert resume(run.path, SELECTION, epochs=3)["status"] == "completed"
    for data, other in ((rows, "test.csv"), ("rows.csv", test)):
        with pytest.raises(DataError, match="test_data"):
            kerasdl.train(data=data, test_data=other, **given)


@pytest.mark.any_backend
def test_a_run_on_parquet_is_that_on_csv():
    test_tables.write()
    pl.read_csv("flats.csv", try_parse_dates=True).write_parquet("flats.parquet")
    results = []
    for name in ("flats.csv", "flats.parquet"):
        given = ("--data", name, "--target", "class", *test_tables.SHORT)
        code, said = verb("train", *given, "--run-dir", name[6:], "--epochs", "2")
        assert code == 0, said
        results.append(json.loads(Path(name[6:], "result.json").read_text())["test"])
    assert results[0] == results[1]
    assert verb("resume", "parquet", "--epochs", "3")[0] == 0
    assert verb("evaluate", "parquet")[0] == 0


@pytest.mark.any_backend
def test_what_does_not_fit():
    table = frame()
    with pytest.raises(DataError, match="no column of data is named to predict"):
        kerasdl.train(data=table, **SHORT)
    with pytest.raises(
        DataError, match="data has no column 'rnet' — did you mean rent"
    ):
        kerasdl.train(data=table, target="rnet", **SHORT)
    with pytest.raises(DataError, match=r"no column 'text' — name .* with data\.text"):
        kerasdl.train("bert-tiny", data=table, target="rent", quiet=True)
    assert not Path("runs").exists()
    run = kerasdl.train("mlp", "iris", quiet=True, epochs=1)
    with pytest.raises(DataError, match=r"data is a data frame, data.kind is 'arrays'"):
        run.predict(table)
    run = kerasdl.train(data=table[["size", "city", "class"]], target="class", **SHORT)
    with pytest.raises(DataError, match="data lacks the columns 'city'"):
        run.predict(table[["size"]])
    with pytest.raises(DataError, match="data is no data frame that can be read"):
        run.predict([[1, 2]])
