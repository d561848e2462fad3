"""A table becomes examples, and new tables become the same."""

import json
from pathlib import Path

import numpy as np
import pytest

from kerasdl import config as configs
from kerasdl.data import Encoding
from kerasdl.errors import DataError, InvalidConfigError
from kerasdl.jobs import encodings
from kerasdl.jobs.dataset import examples, prepare

ROWS = 120
COLORS = ["red", "green", "blue"]


def lines(rows: int = ROWS, first: int = 0) -> list[str]:
    body = [
        f"{20 + row % 50},{COLORS[row % 3]},2026-01-{1 + row % 28:02},{'yn'[row % 2]}"
        for row in range(first, first + rows)
    ]
    return ["age,color,seen,smokes", *body]


def write(rows: list[str], name: str = "t.csv") -> str:
    Path(name).write_text("\n".join(rows))
    return name


def config(*texts: str, target: str = "smokes", task: str = "classification"):
    texts = (f"data.target={target}", f"data.task={task}", *texts)
    return configs.load("mlp-tabular", settings=["data.name=t.csv", *texts])


def dataset(*texts: str, **given: str):
    chosen = config(*texts, **given)
    return prepare(chosen.data.read(), chosen)


def reread(encoding: Encoding) -> Encoding:
    return encodings.from_json(json.loads(json.dumps(encoding.to_json())))


def test_features():
    write(lines())
    split = dataset()
    [age, color, seen] = split.preprocessing.columns
    assert (age.type, color.type, seen.type) == ("number", "category", "date")
    assert color.values == ("blue", "green", "red")
    x, y = split.train.arrays()
    assert x.shape == (len(split.train), 1 + 3 + 7)
    assert x.dtype == "float32"
    np.testing.assert_allclose(x[:, 0].mean(), 0, atol=1e-5)
    np.testing.assert_allclose(x[:, 0].std(), 1, atol=1e-5)
    np.testing.assert_array_equal(x[:, 1:4].sum(1), 1)
    assert split.targets.names == ("n", "y")
    assert set(y.tolist()) == {0, 1}


def test_the_row_keeps_its_target():
    """The parity of a row is its target."""
    Path("t.csv").write_text("n,y\n" + "\n".join(f"{r},{r % 2}" for r in range(ROWS)))
    split = dataset(target="y")
    [n] = split.preprocessing.columns
    for part in (split.train, split.validation, split.test):
        x, y = part.arrays()
        rows = np.round(x[:, 0] * n.scale + n.mean).astype(int)
        assert (rows % 2 == y).all()


def test_statistics_are_those_of_the_training_rows():
    write(lines())
    split = dataset()
    chosen = config()
    parts = chosen.data.parts(chosen.data.read(), True, 0)
    ages = 20 + parts.train.rows % 50
    assert split.preprocessing.columns[0].mean == pytest.approx(ages.mean())


def test_new_rows_are_encoded_alike():
    write(lines())
    split, chosen = dataset(), config()
    new = [*lines(3, first=4), ",purple,,y"]
    write(new, "new.csv")
    raw = chosen.data.with_name("new.csv").read()
    for encoding in (split.encoding, reread(split.encoding)):
        found = examples(raw, chosen, encoding)
        x, _ = found.arrays()
        assert x.shape == (4, 11)
        np.testing.assert_array_equal(x[3], 0)  # the mean, no known color, no date
        assert (x[:3, 1:4].sum(1) == 1).all()


def test_missing_values_are_marked_where_training_had_some():
    body = lines()
    body[5] = ",,,y"
    body[40:60] = [line.replace("red", "NA") for line in body[40:60]]
    write(body)
    split = dataset("data.split_seed=1")
    age, color, seen = split.preprocessing.columns
    assert None in color.values
    chosen = config("data.split_seed=1")
    train = chosen.data.parts(chosen.data.read(), True, 1).train.rows
    assert age.marks_missing == seen.marks_missing == (4 in train)


def test_numbers_of_classes_need_not_begin_at_0():
    write(["a,y", *(f"{row},{1 + 2 * (row % 3)}" for row in range(ROWS))])
    assert dataset(target="y").targets.names == ("1", "3", "5")


def test_a_test_table_without_the_target_is_refused():
    write(lines())
    write([line.rpartition(",")[0] for line in lines(10)], "test.csv")
    with pytest.raises(DataError, match=r"test\.csv has no column 'smokes'"):
        dataset("data.test_name=test.csv")


def test_what_the_user_is_told():
    body = [f"{line},person {row}" for row, line in enumerate(lines(400))]
    write([line.replace(",", ";") for line in body])
    split = dataset(target="smokes")
    told = [str(finding) for finding in split.findings]
    assert "t.csv has ';' between its values" in told[0]
    assert "column 'person 0' is ignored: it has 400 different texts" in told[1]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["1e308", "-1e308"], "'a' of t.csv is 1e\\+308 at line 2, too large"),
        (["2026-01-01", "2026-01-01T00:00:01"], "too far from the training data"),
    ],
)
def test_what_float32_cannot_hold(values: list[str], message: str):
    write(["a,y", *(f"{values[row % 2]},{row % 3}" for row in range(ROWS))])
    write(["a,y", "2150-01-01,1"], "new.csv")

    def fitted_and_encoded() -> None:
        split, chosen = dataset(target="y"), config(target="y")
        examples(chosen.data.with_name("new.csv").read(), chosen, split.encoding)

    with pytest.raises(DataError, match=message):
        fitted_and_encoded()


@pytest.mark.parametrize(
    "text",
    [
        'data.ignore=["smokes"]',
        'data.dates=["smokes"]',
        "data.delimiter=ab",
        "data.encoding=utf-9",
        "data.encoding=rot13",
        'data.encoding="a\\u0000b"',
        "data.date_format=%d%d",
        'data.numbers=["a"]; data.dates=["a"]',
        "data.name=t.parquet; data.delimiter=|",
        "data.name=t.parquet; data.encoding=utf-8",
    ],
)
def test_contradictions(text: str):
    with pytest.raises(InvalidConfigError):
        config(*text.split("; "))


def test_a_separate_test_table():
    write(lines())
    write(lines(10, first=500), "test.csv")
    split = dataset("data.test_name=test.csv")
    assert len(split.test) == 10
    assert len(split.train) + len(split.validation) == ROWS


@pytest.mark.parametrize(
    ("change", "texts", "message"),
    [
        ({}, ["data.target=smoke"], r"no column 'smoke' — did you mean smokes\?"),
        ({3: "1,red,2026-01-01,"}, [], "'smokes' of t.csv is missing: None at line 4"),
        ({}, ['data.ignore=["age","color","seen"]'], "no column to learn from"),
        ({}, ['data.numbers=["color"]'], "'color' of t.csv holds numbers, but 'red'"),
        ({}, ['data.dates=["age"]'], "'age' of t.csv holds dates, but '20' at"),
    ],
)
def test_what_cannot_be_learned_from(change: dict, texts: list[str], message: str):
    body = lines()
    for row, line in change.items():
        body[row] = line
    write(body)
    with pytest.raises(DataError, match=message):
        dataset(*texts)


@pytest.mark.parametrize(
    ("new", "message"),
    [
        (["age,color,smokes", "20,red,y"], "new.csv lacks the columns 'seen'"),
        (
            ["age,color,seen,smokes", "old,red,2026-01-01,y", "20,red,today,n"],
            "'age' of new.csv holds numbers, but 'old' at .*; .* 'today' at line 3",
        ),
        (
            ["age,color,seen,smokes", "1e30,red,2026-01-01,y"],
            "'age' of new.csv is '1e30' at line 2, too far from the training data",
        ),
        (
            [
                "age,color,seen,smokes",
                "20,red,2026-01-01,x",
                "",
                "20,red,2026-01-01,y",
                "20,red,2026-01-01,z",
            ],
            "the target 'smokes' is 'x' at line 2 and 'z' at line 5 in .* n and y",
        ),
    ],
)
def test_new_rows_that_do_not_fit(new: list[str], message: str):
    write(lines())
    split, chosen = dataset(), config()
    write(new, "new.csv")
    raw = chosen.data.with_name("new.csv").read()
    with pytest.raises(DataError, match=message):
        examples(raw, chosen, split.encoding)


def test_a_wrong_target_has_a_line():
    rows = lines()
    rows[4] = rows[4].replace("23,", "1e300,")
    rows[7] = rows[7].replace("26,", "-1e99,")
    write(rows)
    message = (
        r"the target 'age' is 1e\+300 at line 5 and -1e\+99 at line 8 in t\.csv, not a"
    )
    with pytest.raises(DataError, match=message):
        dataset(target="age", task="regression")
    write(lines())
    write(["age,color,seen,smokes", "20,red,2026-01-01,x"], "new.csv")
    message = "the target 'smokes' is 'x' at line 2 in new.csv, a class unknown"
    with pytest.raises(DataError, match=message):
        dataset("data.test_name=new.csv")
    fitted, chosen = dataset(target="age", task="regression"), config(target="age")
    write(["age,color,seen,smokes", "1e12,red,2026-01-01,y"], "new.csv")
    raw = config(target="age", task="regression").data.with_name("new.csv").read()
    message = r"the target 'age' is 1000000000000\.0 at line 2 in new\.csv, too far"
    with pytest.raises(DataError, match=message):
        examples(raw, chosen, fitted.encoding)


@pytest.mark.parametrize(
    "damage",
    [
        {"columns": []},
        {"columns": [{"type": "number"}]},
        {"columns": [{"type": "numbre", "name": "a"}]},
        {"values": [1]},
        {"values": []},
        {"values": ["x", "x"]},
        {"values": [str(n) for n in range(100_000)]},
        {"others": 2},
        {"name": 3},
        {"spelling": {"missing": [], "decimal": "x", "date_format": "iso"}},
        {"spelling": {"missing": [[1]], "decimal": ".", "date_format": "iso"}},
        {"spelling": {"missing": [], "decimal": ".", "date_format": "%d%d"}},
        {"spelling": {}},
        {"mean": 0.0},
        {"values": "abc"},
    ],
)
def test_a_damaged_encoding_is_refused(damage: dict):
    write(lines())
    values = json.loads(json.dumps(dataset().encoding.to_json()))
    if "columns" in damage:
        values["preprocessing"] |= damage
    else:
        values["preprocessing"]["columns"][1] |= damage  # the colors
    with pytest.raises((KeyError, TypeError, ValueError)):
        encodings.from_json(values)
