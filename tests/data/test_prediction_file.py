"""Files of predictions are read back as they were."""

import csv
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyarrow import parquet

from kerasdl.data import prediction_file
from kerasdl.errors import ConfigError


def texts(*values: Any) -> np.ndarray:
    column = np.empty(len(values), object)
    column[:] = values
    return column


CHUNKS = [
    {"id": texts("a", None), "prediction": np.array([1.5, -2e-9])},
    {"id": texts('ü,\n"x"'), "prediction": np.array([3.0])},
]


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return [*csv.reader(file)]


def test_csv():
    path = Path("p.csv")
    assert prediction_file.write(CHUNKS, path) == 3
    assert rows(path) == [
        ["id", "prediction"],
        ["a", "1.5"],
        ["", "-2e-09"],
        ['ü,\n"x"', "3"],
    ]


def test_json_lines():
    path = Path("p.jsonl")
    assert prediction_file.write(CHUNKS, path) == 3
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert lines[1] == {"id": None, "prediction": -2e-9}
    assert [line["id"] for line in lines] == ["a", None, 'ü,\n"x"']


def test_npz():
    path = Path("p.npz")
    chunks = [chunk | {"file": chunk["prediction"]} for chunk in CHUNKS]
    assert prediction_file.write(chunks, path) == 3
    with np.load(path, allow_pickle=False) as archive:
        np.testing.assert_array_equal(archive["prediction"], [1.5, -2e-9, 3])
        np.testing.assert_array_equal(archive["file"], [1.5, -2e-9, 3])
        assert archive["id"].tolist() == ["a", "", 'ü,\n"x"']


TYPED = [
    {
        "n": texts(1234567890123, None),
        "x": texts(0.1234567890123, 2),
        "day": texts(datetime(2026, 1, 2), datetime(2026, 1, 2, 3)),
        "prediction": np.array([1 / 3, 2]),
    },
    {
        "n": texts(0),
        "x": texts(None),
        "day": texts(None),
        "prediction": np.array([0.0]),
    },
]


def test_numbers_and_dates_that_are_kept_are_exact():
    prediction_file.write(TYPED, Path("p.csv"))
    assert rows(Path("p.csv"))[1:] == [
        ["1234567890123", "0.1234567890123", "2026-01-02", "0.333333333"],
        ["", "2", "2026-01-02T03:00:00", "2"],
        ["0", "", "", "0"],
    ]
    prediction_file.write(TYPED, Path("p.jsonl"))
    lines = [json.loads(line) for line in Path("p.jsonl").read_text().splitlines()]
    assert lines[0]["n"] == 1234567890123
    assert [line["day"] for line in lines] == [
        "2026-01-02",
        "2026-01-02T03:00:00",
        None,
    ]
    prediction_file.write(TYPED, Path("p.npz"))
    with np.load("p.npz", allow_pickle=False) as archive:
        np.testing.assert_array_equal(archive["n"], [1234567890123, np.nan, 0])
        assert archive["day"].tolist() == ["2026-01-02", "2026-01-02T03:00:00", ""]


def test_parquet(monkeypatch: pytest.MonkeyPatch):
    path = Path("p.parquet")
    assert prediction_file.write(TYPED, path) == 3
    found = parquet.read_table(path).to_pydict()
    assert found == {
        "n": [1234567890123, None, 0],
        "x": [0.1234567890123, 2.0, None],
        "day": [datetime(2026, 1, 2), datetime(2026, 1, 2, 3), None],
        "prediction": [1 / 3, 2.0, 0.0],
    }
    prediction_file.write(CHUNKS, path)
    assert parquet.read_table(path)["id"].to_pylist() == ["a", None, 'ü,\n"x"']
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ConfigError, match=r'pip install "kerasdl\[parquet\]"'):
        prediction_file.check_suffix(path)


ARRAYS = [
    {
        "error": np.array([float(start)]),
        "anomaly": np.array([start > 0]),
        "day": np.array([f"2026-01-0{1 + start}T12"], "datetime64[us]"),
        "latent": np.arange(start, start + 2, dtype="float32")[None],
        "image": np.arange(start, start + 4.0).reshape(1, 2, 2),
    }
    for start in (0, 4)
]


def test_arrays_are_columns_in_csv_and_lists_or_arrays_elsewhere():
    for suffix in ("csv", "jsonl", "npz", "parquet"):
        assert prediction_file.write(ARRAYS, Path(f"p.{suffix}")) == 2
    names = ["latent 0", "latent 1", *(f"image {place}" for place in range(4))]
    assert rows(Path("p.csv")) == [
        ["error", "anomaly", "day", *names],
        ["0", "False", "2026-01-01T12:00:00", "0", "1", "0", "1", "2", "3"],
        ["4", "True", "2026-01-05T12:00:00", "4", "5", "4", "5", "6", "7"],
    ]
    noon = datetime(2026, 1, 5, 12)
    listed = {
        "error": 4.0, "anomaly": True, "day": noon, "latent": [4.0, 5.0],
        "image": [[4.0, 5.0], [6.0, 7.0]],
    }  # fmt: skip
    assert parquet.read_table("p.parquet").to_pylist()[1] == listed
    line = json.loads(Path("p.jsonl").read_text().splitlines()[1])
    assert line == listed | {"day": "2026-01-05T12:00:00"}
    with np.load("p.npz", allow_pickle=False) as archive:
        assert archive["image"].shape == (2, 2, 2)
        assert archive["anomaly"].tolist() == [False, True]
        assert archive["day"][1] == np.datetime64("2026-01-05T12")
        np.testing.assert_array_equal(archive["latent"], [[0, 1], [4, 5]])


def test_stdout(capsys: pytest.CaptureFixture):
    assert prediction_file.write(CHUNKS, None) == 3
    assert capsys.readouterr().out.startswith("id,prediction\na,1.5\n")


def test_no_cell_is_a_formula():
    cells = ["=1+1", "+49 30", "-x", "@sum", "\tx", "\r=1", "-5", "+1,5", "-1e3", "a=b"]
    path = Path("p.csv")
    prediction_file.write([{"=name": texts(*cells)}], path)
    [name], *found = rows(path)
    assert name == "'=name"
    assert [cell for [cell] in found] == [f"'{cell}" for cell in cells[:6]] + cells[6:]


def test_another_suffix_is_refused():
    with pytest.raises(ConfigError, match=r"p\.xlsx — give .* \.csv or \.jsonl or"):
        prediction_file.write(CHUNKS, Path("p.xlsx"))
    assert not Path("p.xlsx").exists()


def test_an_older_file_stays_if_predicting_fails():
    def failing():
        yield CHUNKS[0]
        raise ConfigError("stopped", "here")

    path = Path("p.csv")
    path.write_text("older")
    with pytest.raises(ConfigError, match="stopped"):
        prediction_file.write(failing(), path)
    assert path.read_text() == "older"
    assert [*Path().iterdir()] == [path]
