"""Robust scaling, and categories as codes."""

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.preprocessing import RobustScaler

from kerasdl import config as configs
from kerasdl.data.signature import Input
from kerasdl.data.table import encodings, preprocessing
from kerasdl.data.table.preprocessing import TablePreprocessing
from kerasdl.data.table.spelling import Spelling
from kerasdl.data.table.table import Table
from kerasdl.errors import DataError
from kerasdl.jobs.dataset import examples, prepare

SPELLING = Spelling((), ".", "iso")


def table(**columns: list) -> Table:
    objects = {name: np.array(values, object) for name, values in columns.items()}
    return Table("t.csv", objects)


def fit(values: list, kind: str = "number", scaling: str = "robust", most="all"):
    return encodings.fit(kind, table(a=values), "a", SPELLING, scaling, most)  # type: ignore


def clipped(z: np.ndarray) -> np.ndarray:
    return z / np.sqrt(1 + (z / 3) ** 2)


def test_numbers_are_scaled_as_by_scikit_learn_and_clipped():
    drawn = np.random.default_rng(0).standard_cauchy(200)
    texts = [repr(float(value)) for value in drawn]
    column = fit(texts)
    [encoded] = column.encode(table(a=texts)).T
    scaled = RobustScaler().fit_transform(drawn[:, None])[:, 0]
    np.testing.assert_allclose(encoded, clipped(scaled), rtol=1e-12)
    far = column.encode(table(a=["1e300", "-1e300"]))[:, 0]
    np.testing.assert_allclose(far, [3, -3])


def test_equal_quartiles_leave_the_range():
    texts = ["5"] * 90 + [str(n) for n in range(10)]
    [encoded] = fit(texts).encode(table(a=texts)).T
    np.testing.assert_allclose(encoded, clipped((np.array(texts, float) - 5) * 2 / 9))


@pytest.mark.parametrize("scaling", ["standard", "robust"])
def test_a_number_that_is_constant_in_training_is_0(scaling: str):
    for texts in (["7"] * 5, [None] * 5, ["0.1", "0.30000000000000004"][1:] * 5):
        new = table(a=["7", "1e9", None, "-1e200"])
        encoded = fit(texts, scaling=scaling).encode(new)
        np.testing.assert_array_equal(encoded[:, 0], 0)


def test_a_missing_number_is_the_median_and_is_marked():
    texts = [str(n) for n in range(9)] + [None]
    column = fit(texts)
    assert column.widths == (1, 1, 0)
    encoded = column.encode(table(a=["4", None]))
    np.testing.assert_allclose(encoded, [[0, 0], [0, clipped(np.array(2))]])


def test_dates():
    texts = [f"2026-01-{day:02}" for day in range(1, 29)]
    column = fit(texts, "date")
    encoded = column.encode(table(a=[*texts, None]))
    assert encoded.shape == (29, 7)
    order = np.argsort(encoded[:28, 0])
    np.testing.assert_array_equal(order, np.arange(28))
    np.testing.assert_array_equal(encoded[28], 0)
    assert np.ptp(encoded[:28, 3]) > 1  # the week
    assert np.ptp(encoded[:28, 6]) == 0  # the day


def test_two_categories_share_a_feature():
    column = fit(["no"] * 30 + ["yes"] * 10 + [None], "category")
    encoded = column.encode(table(a=["no", "yes", None, "perhaps"]))
    z = np.array([1, -1, 0, 0]) - 1  # the median is that of "no"
    np.testing.assert_allclose(encoded[:, 0], clipped(z * 1.0))


def test_categories_are_one_hot_and_0_if_missing():
    values = ["a"] * 40 + ["b"] * 50 + ["c"] * 10 + [None, "rare"]
    column = fit(values, "category")
    assert column.widths == (0, 3, 0)
    encoded = column.encode(table(a=["a", "b", "c", None, "rare", "new"]))
    one, two = clipped(np.array([1.0, 2.0]))
    expected = np.zeros((6, 3))
    expected[[0, 1, 2], [0, 1, 2]] = [one, one, two]  # quartiles differ, but for c
    np.testing.assert_allclose(encoded, expected)


def test_many_categories_are_codes():
    values = [letter for letter in "abcdefghi" for _ in range(2)]
    for scaling in ("standard", "robust"):
        column = fit([*values, None, None, "rare"], "category", scaling, 8)
        assert (column.widths, column.cardinality) == ((0, 0, 1), 11)
        encoded = column.encode(table(a=[None, "a", "i", "rare", "new"]))
        assert encoded.ravel().tolist() == [1, 2, 10, 0, 0]
        assert fit(values[:16], "category", scaling, 8).cardinality == 0
        assert fit(values, "category", scaling).cardinality == 0


COLUMNS = {
    "b": ["x", "y", "z"] * 20,
    "a": [str(n) for n in range(59)] + [None],
    "c": [f"c{n % 12}" for n in range(60)],
    "d": [f"2026-01-{1 + n % 28:02}" for n in range(60)],
    "e": [f"e{n % 15}" for n in range(60)],
}


def fitted() -> TablePreprocessing:
    types = {"a": "number", "d": "date"}
    return TablePreprocessing(
        tuple(
            encodings.fit(
                types.get(name, "category"),  # type: ignore
                table(**COLUMNS),
                name,
                SPELLING,
                "robust",
                8,
            )
            for name in COLUMNS
        )
    )


def part(raw: Table):
    from types import SimpleNamespace

    from kerasdl.data.preprocessing import Part

    return Part(SimpleNamespace(table=raw), np.arange(len(raw)))


def test_numbers_come_first_and_codes_last():
    found = fitted()
    expected = Input((1 + 7 + 3 + 1 + 2,), indicators=4, cardinalities=(13, 16))
    assert found.signature == {"inputs": expected}
    x = found.inputs(part(table(**COLUMNS)))
    assert x.dtype == "float32"
    by_name = {c.name: c.encode(table(**COLUMNS)) for c in found.columns}
    blocks = [
        by_name["a"][:, :1],
        by_name["d"],
        by_name["b"],
        by_name["a"][:, 1:],
        by_name["c"],
        by_name["e"],
    ]
    np.testing.assert_array_equal(x, np.concatenate(blocks, 1).astype("float32"))


def test_a_linear_model_gets_codes_one_hot():
    from kerasdl.data.examples import ArrayExamples

    found = fitted()
    x = found.inputs(part(table(**COLUMNS)))
    data = ArrayExamples(x, np.zeros(60))
    _, train, test = found.linear_features(data, data, np.arange(30))
    assert train.shape == (30, 12 + 13 + 16)
    dense = test.toarray()
    np.testing.assert_array_equal(dense[:, :12], x[:, :12])
    np.testing.assert_array_equal(dense[:, 12:25].argmax(1), x[:, 12])
    np.testing.assert_array_equal(dense[:, 25:].argmax(1), x[:, 13])
    assert (dense[:, 12:].sum(1) == 2).all()


def test_it_is_read_back():
    found = fitted()
    values = json.loads(json.dumps(found.to_json()))
    again = preprocessing.from_json(values)
    assert again == found


@pytest.mark.parametrize(
    ("column", "damage"),
    [
        (0, {"values": ["x", None]}),
        (0, {"values": ["x"]}),
        (0, {"center": [0.0, 0.0]}),
        (1, {"center": [0.0, "0"]}),
        (1, {"center": "ab"}),
        (1, {"factor": [1.0, -1.0]}),
        (1, {"factor": [1.0, float("nan")]}),
        (1, {"factor": [1.0, True]}),
        (1, {"factor": [1.0, 10**400]}),
        (1, {"marks_missing": 1}),
        (1, {"marks_missing": False}),
        (1, {"mean": 0.0}),
        (2, {"values": []}),
        (2, {"values": ["x", "x"]}),
        (2, {"values": [str(n) for n in range(70_000)]}),
        (2, {"center": [0.0]}),
        (3, {"type": "robust"}),
    ],
)
def test_damage_is_refused(column: int, damage: dict):
    values = json.loads(json.dumps(fitted().to_json()))
    values["columns"][column] |= damage
    with pytest.raises((KeyError, TypeError, ValueError, OverflowError)):
        preprocessing.from_json(values)


def test_what_float64_cannot_scale():
    with pytest.raises(DataError, match=r"'a' of t.csv is 1e\+308 at row 0, too large"):
        fit(["1e308", "-1e308"] * 30)


def test_an_empty_category_is_0():
    encoded = fit([None] * 9, "category").encode(table(a=["x", None]))
    np.testing.assert_array_equal(encoded, 0)


def test_keys_of_the_config():
    lines = [f"{row},c{row % 30},{row % 2}" for row in range(300)]
    Path("t.csv").write_text("\n".join(["n,c,y", *lines]))
    Path("new.csv").write_text("n,c,y\n5,new,0\n5,c0,1")
    given = ["data.name=t.csv", "data.target=y", "data.scaling=robust"]
    config = configs.load("mlp-tabular", settings=[*given, "data.max_one_hot=29"])
    split = prepare(config.data.read(), config)
    [only] = split.preprocessing.signature.values()
    assert only == Input((2,), cardinalities=(31,))
    new = examples(config.data.with_name("new.csv").read(), config, split.encoding)
    assert new.arrays()[0][:, 1].tolist() == [0, 1]
