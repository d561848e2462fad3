"""Files of predictions are read back as they were."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from kerasdl.data import prediction_file
from kerasdl.errors import ConfigError


def texts(*values: str | None) -> np.ndarray:
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
