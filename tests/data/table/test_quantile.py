"""Numbers made normal by their rank."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.preprocessing import QuantileTransformer

from kerasdl import config as configs
from kerasdl.data.signature import Input
from kerasdl.data.table import encodings, preprocessing
from kerasdl.data.table.infer import infer
from kerasdl.data.table.preprocessing import TablePreprocessing
from kerasdl.data.table.quantile import QuantileColumn
from kerasdl.data.table.table import Table
from kerasdl.errors import DataError
from kerasdl.jobs.dataset import prepare
from tests.data.table.test_robust import SPELLING, part, table

ROWS = 700


def fit(values: list, kind: str = "number"):
    return encodings.fit(kind, table(a=values), "a", SPELLING, "quantile", "all")  # type: ignore


def texts(values: np.ndarray) -> list[str]:
    return [repr(float(value)) for value in values]


def test_distinct_numbers_become_those_of_scikit_learn():
    drawn = np.random.default_rng(0).standard_cauchy(ROWS)
    [encoded] = fit(texts(drawn)).encode(table(a=texts(drawn))).T
    transformer = QuantileTransformer(
        n_quantiles=ROWS // 30, output_distribution="normal", subsample=None
    )
    expected = transformer.fit_transform(drawn[:, None])[:, 0]
    np.testing.assert_allclose(encoded, expected, atol=1e-5)
    [far] = fit(texts(drawn)).encode(table(a=["1e300", "-1e300"])).T
    np.testing.assert_allclose(far, norm.ppf([1 - 1e-7, 1e-7]))


def test_ties_have_the_rank_that_noise_would_give_them():
    """The recipe of TabM adds noise; here ties at the ends are in their middle too."""
    drawn = np.random.default_rng(0).normal(size=ROWS)
    zeros = np.where(drawn < 0.2, 0.0, drawn)
    [encoded] = fit(texts(zeros)).encode(table(a=["0.0", "1.0"])).T
    noisy = zeros + np.random.default_rng(1).normal(0, 1e-5, ROWS)
    transformer = QuantileTransformer(
        n_quantiles=ROWS // 30, output_distribution="normal", subsample=None
    ).fit(noisy[:, None])
    expected = transformer.transform([[0.0], [1.0]])[:, 0]
    shares = norm.cdf(encoded), norm.cdf(expected)
    np.testing.assert_allclose(*shares, atol=1 / 22)  # the distance of two quantiles


def test_units_make_no_difference():
    drawn = np.random.default_rng(0).normal(size=99)
    one, other = (
        fit(texts(drawn * unit)).encode(table(a=texts(drawn * unit)))
        for unit in (1.0, 2.0**-60)
    )
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("rows", "quantiles"), [(7, 7), (200, 10), (990, 33), (40_000, 1000)]
)
def test_how_many_quantiles(rows: int, quantiles: int):
    column = fit([str(n) for n in range(rows)])
    assert isinstance(column, QuantileColumn)
    assert len(column.quantiles) == quantiles


def test_a_missing_number_is_the_median_and_is_marked():
    column = fit([*map(str, range(101)), None])
    assert column.widths == (1, 1, 0)
    encoded = column.encode(table(a=["50", None]))
    np.testing.assert_allclose(encoded, [[0, 0], [0, 1]], atol=1e-12)


def test_dates_have_a_place_in_their_periods_as_well():
    days = [f"2026-01-{day:02}" for day in range(1, 29)]
    column = fit(days, "date")
    encoded = column.encode(table(a=[*days, "2026-01-01"]))
    assert encoded.shape == (29, 7)
    assert (np.diff(encoded[:28, 0]) > 0).all()
    assert np.ptp(encoded[:, 3]) > 1  # the week


def test_categories_are_indicators():
    column = fit(["b", "b", "a", "a", "rare"], "category")
    assert column.widths == (0, 3, 0)
    encoded = column.encode(table(a=["a", "b", "new"]))
    np.testing.assert_array_equal(encoded, np.eye(3))


def fitted(**columns: list) -> TablePreprocessing:
    whole = table(**columns)
    return preprocessing.fit(whole, infer(whole, SPELLING, {}), "quantile", "all")


COLUMNS = {
    "b": ["x", "y"] * 30,
    "a": [str(n % 50) for n in range(59)] + [None],
    "d": [f"2026-01-{1 + n % 28:02}" for n in range(60)],
}


def test_a_constant_number_is_left_out_but_for_what_is_missing():
    rounded = ["0.1", "0.30000000000000004", "0.1"]
    found = fitted(
        a=["1", "2", "3"], b=["0.1", "0.10000000000000002", "0.1"], c=rounded
    )
    assert [column.name for column in found.columns] == ["a", "c"]
    found = fitted(a=["1", "2", "3"], c=["5", None, "5"])
    assert found.signature == {"inputs": Input((2,), indicators=1)}
    x = found.inputs(part(table(a=["2", "9"], c=[None, "1e9"])))
    np.testing.assert_array_equal(x[:, 1], [1, 0])
    with pytest.raises(DataError, match="no column to learn from"):
        fitted(b=["0.1", "0.10000000000000002", "0.1"])


def test_it_is_read_back():
    found = fitted(**COLUMNS)
    assert found.signature == {"inputs": Input((1 + 7 + 2 + 1,), indicators=3)}
    again = preprocessing.from_json(json.loads(json.dumps(found.to_json())))
    assert again == found
    whole: Table = table(**COLUMNS)
    np.testing.assert_array_equal(again.inputs(part(whole)), found.inputs(part(whole)))


@pytest.mark.parametrize(
    "damage",
    [
        {"quantiles": [0.0, float("nan")]},
        {"quantiles": [1.0, 0.0]},
        {"quantiles": [1.0, 1.0]},
        {"quantiles": [0.0, "1"]},
        {"quantiles": "01"},
        {"quantiles": [0.0, True]},
        {"quantiles": [*range(1001)]},
        {"marks_missing": 1},
        {"type": "quantile"},
        {"center": 0.0},
    ],
)
def test_damage_is_refused(damage: dict):
    values = json.loads(json.dumps(fitted(**COLUMNS).to_json()))
    values["columns"][1] |= damage
    with pytest.raises((KeyError, TypeError, ValueError, OverflowError)):
        preprocessing.from_json(values)


def test_a_number_that_is_constant_in_training_is_told():
    marks = ["train"] * 40 + ["validation"] * 10 + ["test"] * 10
    lines = [
        f"{n},{7 if n < 40 else n},{0.1 + (n == 3) * 1e-17!r},{mark},{n % 2}"
        for n, mark in enumerate(marks)
    ]
    Path("t.csv").write_text("\n".join(["a,late,b,part,y", *lines]))
    given = ["data.name=t.csv", "data.target=y", "data.split=part"]
    config = configs.load("tabm", settings=given)
    split = prepare(config.data.read(), config)
    told = [str(each) for each in split.findings if "has one value" in str(each)]
    assert [line.split()[1] for line in told] == ["'late'", "'b'"]
    assert isinstance(split.preprocessing, TablePreprocessing)
    assert [column.name for column in split.preprocessing.columns] == ["a"]
