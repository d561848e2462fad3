"""Slices are those of pandas, the worst first."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from kerasdl.diagnostics.slices import slices

RNG = np.random.default_rng(0)
CITY = np.array(["Bonn", "Köln", None, "Trier"], object)[RNG.integers(4, size=400)]
SIZE = RNG.normal(size=400)
RIGHT = ((CITY != "Bonn") | (RNG.random(400) < 0.3)).astype("float64")


def test_the_worst_slice_is_first():
    table = slices({"city": CITY, "size": SIZE}, RIGHT, "accuracy", True)
    assert table is not None
    name, mean, low, high, count = table.rows[0]
    assert name == "city = Bonn"
    means = pd.Series(RIGHT).groupby(pd.Series(CITY)).agg(["mean", "sem", "size"])
    assert mean == pytest.approx(means.loc["Bonn", "mean"])
    assert count == means.loc["Bonn", "size"]
    shares = binomtest(int(RIGHT[CITY == "Bonn"].sum()), int(count))
    expected = shares.proportion_ci(0.95, "wilson")
    assert (low, high) == pytest.approx((expected.low, expected.high))
    assert all(row[1] < RIGHT.mean() for row in table.rows)


def test_quarters_of_numbers():
    error = np.abs(SIZE)
    texts = np.array([str(size) for size in SIZE], object)
    as_text = slices({"size": texts}, error, "error", False)
    table = slices({"size": SIZE}, error, "error", False)
    assert as_text == table
    assert table is not None
    quarters = pd.Series(error).groupby(pd.qcut(SIZE, 4)).mean()
    worse = quarters[quarters > error.mean()].sort_values(ascending=False)
    assert [row[1] for row in table.rows] == pytest.approx([*worse])


def test_columns_that_slice_nothing():
    columns = {
        "id": np.array([f"n{n}" for n in range(400)], object),
        "one": np.ones(400),
    }
    assert slices(columns, RIGHT, "accuracy", True) is None
