"""A column of the weight of each row."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kerasdl import config as configs
from kerasdl.data.table.frame import from_frame
from kerasdl.errors import DataError, InvalidConfigError
from kerasdl.jobs.dataset import prepare

ROWS = 60


def write(weights: list[str]) -> None:
    """Write a table with a feature, weights and classes."""
    rows = [f"{n * 37 % 101},{w},{'yn'[n % 3 == 0]}" for n, w in enumerate(weights)]
    Path("t.csv").write_text("\n".join(["a,w,y", *rows]))


def config(*texts: str):
    texts = ("data.name=t.csv", "data.target=y", "data.weight=w", *texts)
    return configs.load("mlp-tabular", settings=texts)


def prepared(*texts: str):
    chosen = config(*texts)
    return prepare(chosen.data.read(), chosen)


@pytest.mark.parametrize("decimal", [".", ","])
def test_the_weights_are_those_of_the_training_rows(decimal: str):
    numbers = [(row % 5) / 2 for row in range(ROWS)]
    write([f'"{n}"'.replace(".", decimal) for n in numbers])
    dataset = prepared()
    chosen = config().data
    rows = chosen.parts(chosen.read(), True, 0).train.rows
    np.testing.assert_array_equal(dataset.weights, np.array(numbers)[rows] / 2)
    assert [column.name for column in dataset.preprocessing.columns] == ["a"]
    columns = {each["name"]: each for each in chosen.columns(chosen.read())}
    assert (columns["w"]["role"], columns["w"]["type"]) == ("weight", "ignored")
    assert columns["w"]["reason"] == "it weighs the rows"
    assert not [f for f in dataset.findings if "'w'" in f.what]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({3: "-1"}, "'-1' at line 5"),
        ({3: "", 9: "NA"}, "None at line 5 and 'NA' at line 11"),
        ({3: "much"}, "'much' at line 5"),
        ({3: "inf", 4: "1e999"}, "'inf' at line 5 and '1e999' at line 6"),
        (dict.fromkeys(range(22), "-2"), "'-2' at line 21 and 2 more"),
    ],
)
def test_wrong_weights_are_named_by_line(wrong: dict[int, str], words: str):
    write([wrong.get(row, "1") for row in range(ROWS)])
    with pytest.raises(DataError, match=r"column 'w' of t\.csv, which data") as caught:
        prepared()
    assert words in caught.value.what
    assert "finite number from 0" in caught.value.hint


def test_some_training_row_must_weigh_more_than_0():
    write(["0"] * ROWS)
    with pytest.raises(DataError, match="weighs all training rows 0"):
        prepared()


def test_a_column_that_is_missing_or_predicted():
    write(["1"] * ROWS)
    with pytest.raises(DataError, match="has no column 'v'"):
        prepared("data.weight=v")
    with pytest.raises(InvalidConfigError, match=r"'w'\) is in data\.weight"):
        config("data.target=w")


def test_new_rows_need_no_weight():
    write(["1", "2"] * (ROWS // 2))
    dataset = prepared()
    Path("t.csv").write_text("a,y\n1,y\n2,n")
    new = config().data
    part = new.new(new.read())
    assert len(dataset.encoding.examples(part)) == 2


def test_copies_are_copies_whatever_they_weigh():
    rows = [f"{n % 30},{n},{'yn'[n % 2]}" for n in range(1, ROWS + 1)]
    Path("t.csv").write_text("\n".join(["a,w,y", *rows]))
    assert "duplicate-rows" in [finding.kind for finding in prepared().findings]


def test_a_data_frame_names_rows():
    frame = pd.DataFrame({"a": np.arange(9.0), "w": 1.0, "y": [*"ynynynyny"]})
    frame.loc[[2, 4, 5], "w"] = [np.nan, -0.5, np.inf]
    chosen = config()
    raw = chosen.data.from_table(from_frame(frame))
    with pytest.raises(DataError) as caught:
        prepare(raw, chosen)
    assert "is nan at row 2, -0.5 at row 4 and inf at row 5" in caught.value.what


@pytest.mark.parametrize("key", ["weight", "group", "time", "split"])
def test_a_nested_column_has_no_role(key: str):
    frame = pd.DataFrame({"a": np.arange(9.0), "w": [[1]] * 9, "y": [*"ynynynyny"]})
    chosen = config("data.weight=", f"data.{key}=w")
    raw = chosen.data.from_table(from_frame(frame))
    with pytest.raises(DataError, match="column 'w' of data holds values of type"):
        prepare(raw, chosen)


@pytest.mark.parametrize("weight", ["0", "1e-60"])
def test_a_class_that_weighs_nothing_is_warned_of(weight: str):
    write([weight if n % 3 == 0 else "1" for n in range(ROWS)])
    [finding] = [each for each in prepared().findings if each.kind == "weights"]
    assert finding.what == "all training examples of class 'n' weigh 0"
