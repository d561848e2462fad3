"""What was encoded is decoded, and what a model returns becomes the nearest value."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from kerasdl import config as configs
from kerasdl.data.table.categories import OTHER
from kerasdl.data.table.preprocessing import TablePreprocessing

ROWS = [
    (float(row - 10), ["red", "green", "blue"][row % 3], "yn"[row % 2], row % 9, 7)
    for row in range(60)
]


def preprocessing(*texts: str, text: str = "") -> tuple[TablePreprocessing, np.ndarray]:
    lines = [f"{n},{c},{s},2026-01-0{1 + d}T06:00:00,{k}" for n, c, s, d, k in ROWS]
    Path("t.csv").write_text(text or "\n".join(["n,color,smokes,day,same", *lines]))
    settings = ("data.name=t.csv", "data.task=reconstruction", *texts)
    kind = configs.load("autoencoder", settings=settings).data
    part = kind.new(kind.read())
    fitted = kind.fit(part)
    return fitted, fitted.inputs(part)


@pytest.mark.parametrize("scaling", ["standard", "robust", "quantile"])
def test_decoding_inverts_encoding(scaling: str):
    fitted, features = preprocessing(f"data.scaling={scaling}", 'data.numbers=["same"]')
    found = fitted.decoded(features.astype("float64"))
    if scaling == "quantile":  # it leaves out what is constant
        found["reconstruction same"] = np.full(60, 7)
    names = ["n", "color", "smokes", "day", "same"]
    assert [*found] == [f"reconstruction {name}" for name in names]
    numbers, colors, smokes, days, same = found.values()
    np.testing.assert_allclose(numbers, [row[0] for row in ROWS], atol=1e-3)
    assert colors.tolist() == [row[1] for row in ROWS]
    assert smokes.tolist() == [row[2] for row in ROWS]
    expected = [datetime(2026, 1, 1 + row[3], 6) for row in ROWS]
    gaps = [
        abs((a - b).total_seconds())
        for a, b in zip(days.tolist(), expected, strict=True)
    ]
    assert max(gaps) <= 1
    np.testing.assert_array_equal(same, [7] * 60)


def test_codes_are_categories_again():
    fitted, features = preprocessing("data.max_one_hot=2")
    color = fitted.columns[1]
    assert color.type == "code"
    found = fitted.decoded(features)["reconstruction color"]
    assert found.tolist() == [row[1] for row in ROWS]
    nearest = color.decode(np.array([[-3.0], [0.4], [1.4], [9.0]]))
    assert nearest.tolist() == [OTHER, OTHER, "blue", "red"]


def test_missing_and_rare_categories():
    values = ["a", "a", "", "", "b", "b", "rare"]
    lines = "\n".join(["c,n", *(f"{v},{n}" for n, v in enumerate(values))])
    fitted, features = preprocessing(text=lines)
    found = fitted.decoded(features)["reconstruction c"]
    assert found.tolist() == ["a", "a", None, None, "b", "b", OTHER]
    almost = features + np.random.default_rng(0).uniform(-0.4, 0.4, features.shape)
    assert fitted.decoded(almost)["reconstruction c"].tolist() == found.tolist()
    fitted, features = preprocessing("data.scaling=robust", text=lines)
    found = fitted.decoded(features)["reconstruction c"]
    assert set(found) == {"a", "b"}


def test_a_missing_number_is_the_mean():
    lines = "n,m\n1,1\n,2\n3,3"
    fitted, features = preprocessing('data.numbers=["n","m"]', text=lines)
    np.testing.assert_allclose(fitted.decoded(features)["reconstruction n"], [1, 2, 3])


def test_a_constant_number_stays_one_where_its_mark_alone_is_a_feature():
    given = ("data.scaling=quantile", 'data.numbers=["n","m"]')
    fitted, features = preprocessing(*given, text="n,m\n7,1\n,2\n7,3")
    assert features.shape == (3, 2)
    assert fitted.decoded(features)["reconstruction n"].tolist() == [7, 7, 7]


@pytest.mark.parametrize("scaling", ["standard", "robust", "quantile"])
def test_outputs_far_away_are_dates_and_numbers_still(scaling: str):
    fitted, features = preprocessing(f"data.scaling={scaling}")
    for far in (1e12, -1e12, np.nan):
        found = fitted.decoded(np.full(features.shape, far))
        days = found["reconstruction day"].tolist()
        assert all(1 <= day.year <= 9999 for day in days)
        assert np.isfinite(far) == np.isfinite(found["reconstruction n"]).all()
