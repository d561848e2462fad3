"""Series from their file to windows, compared with pandas."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kerasdl import config as configs
from kerasdl.config.schema import DATA
from kerasdl.data import Dataset
from kerasdl.data.kinds.series import SeriesKind
from kerasdl.data.series import preprocessing
from kerasdl.errors import DataError
from kerasdl.jobs.dataset import prepare
from tests.data.helpers import reread
from tests.data.series.helpers import kind, write


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def prepared(data: SeriesKind) -> Dataset:
    return prepare(data.read(), replace(configs.load(), data=data))


@pytest.mark.parametrize(
    ("name", "task", "chosen"),
    [
        ("a.csv", "forecasting", "series"),
        ("a.csv", "regression", "table"),
        ("a.npz", "forecasting", "series"),
        ("a.npz", "classification", "arrays"),
        ("a.parquet", None, "table"),
        ("a.csv", "forecastings", "table"),
    ],
)
def test_the_task_chooses_among_kinds_of_a_file(name: str, task: str, chosen: str):
    values = {"name": name} | ({"task": task} if task else {})
    assert DATA.of(values) == chosen


def test_windows_and_their_split_are_those_of_a_loop():
    write(steps=60)
    frame = pd.read_csv("s.csv")
    data = kind(horizon=3, season=7)
    dataset = prepared(data)
    train = frame[:41]  # 12 of 60 are the test, 7 of the other 48 validation
    for part, first, last in (
        (dataset.train, 7, 41),
        (dataset.validation, 41, 48),
        (dataset.test, 48, 60),
    ):
        x, y = part.arrays()
        rows = range(first, last - 3 + 1)
        assert len(part) == len(rows)
        for place, row in enumerate(rows):
            for column, name in enumerate(["sales", "price"]):
                mean, scale = train[name].mean(), train[name].std(ddof=0)
                seen = (frame[name][row - 7 : row] - mean) / scale
                np.testing.assert_allclose(x[place, :, column], seen, rtol=1e-5)
                if name == "sales":
                    next_ones = (frame[name][row : row + 3] - mean) / scale
                    np.testing.assert_allclose(y[place], next_ones, rtol=1e-4)
    naive = np.abs(train["sales"].diff(7)).mean()
    [past] = dataset.preprocessing.signature["inputs"].past
    assert past.naive_error == pytest.approx(naive)
    assert dataset.targets.names == ("sales +1", "sales +2", "sales +3")
    assert dataset.split == (
        "by time: train 2024-01-08 to 2024-02-10, validation 2024-02-11 to 2024-02-17, "
        "test 2024-02-18 to 2024-02-29"
    )


def test_rows_in_any_order_and_names_are_the_same():
    path = write(steps=40, series=("b", "a"))
    whole = prepared(kind(series="shop"))
    head, *lines = path.read_text().splitlines()
    mixed = [lines[n] for n in np.random.default_rng(0).permutation(len(lines))]
    first = next(line for line in lines if ",b," in line)
    path.write_text("\n".join([head, first, *(m for m in mixed if m != first)]))
    again = prepared(kind(series="shop"))
    assert again.sha256 == whole.sha256
    for name in ("train", "validation", "test"):
        one, other = (getattr(each, name).arrays() for each in (whole, again))
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])
    assert len(whole.test) == 2 * (8 - 1)


def test_no_window_crosses_a_gap_or_a_series():
    write(steps=60, series=("b", "a"), left_out=(20, 21))
    data = kind(series="shop", stride=1)
    raw = data.read()
    dataset = prepared(data)
    days = pd.to_datetime(pd.Series(raw.times)).to_numpy().astype("datetime64[D]")
    shops = np.repeat(["b", "a"], 58)
    for part in (dataset.train, dataset.validation, dataset.test):
        for row in part.rows:
            own = days[row - 7 : row + 2]
            assert (np.diff(own) == np.timedelta64(1, "D")).all()
            assert len({*shops[row - 7 : row + 2]}) == 1
    said = [str(finding) for finding in dataset.findings]
    assert any(
        "no window crosses the 2 gaps between irregular times: series 'b' after "
        "2024-01-20; series 'a' after 2024-01-20" in line
        for line in said
    ), said
    assert len(dataset.train) == 2 * ((20 - 8) + (39 - 20 - 8))


def test_no_target_of_training_is_held_out():
    """Whatever is changed in held-out steps, training windows stay as they are."""
    path = write(steps=60)
    before = prepared(kind())
    frame = pd.read_csv(path)
    frame.loc[41:, ["sales", "price"]] += 5
    frame.to_csv(path, index=False)
    after = prepared(kind())
    for one, other in zip(before.train.arrays(), after.train.arrays(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert before.encoding == after.encoding


def test_windows_of_a_long_series_are_drawn(monkeypatch: pytest.MonkeyPatch):
    write()
    dataset = prepared(kind())
    x, y = dataset.train.arrays()
    monkeypatch.setattr(preprocessing, "DRAWN_BYTES", 4 * x.size)
    drawn = prepared(kind()).train
    assert drawn.resident() is None
    assert drawn.targets() is None
    assert drawn.features.shape == (60, 2)
    assert drawn.followed.shape == (60, 1)
    rows = np.array([3, 0, 3])
    np.testing.assert_array_equal(drawn.take(rows)[0], x[rows])
    np.testing.assert_array_equal(drawn.take(rows)[1], y[rows])
    np.testing.assert_array_equal(drawn.arrays()[0], x)
    again = reread(dataset.encoding)
    assert again == dataset.encoding


def test_a_stride_leaves_out_training_windows_alone():
    write()
    one, three = prepared(kind()), prepared(kind(stride=3))
    np.testing.assert_array_equal(three.train.rows, one.train.rows[::3])
    np.testing.assert_array_equal(three.test.rows, one.test.rows)


def test_forecasts_begin_at_the_ends():
    write(steps=30, series=("b", "a"))
    data = kind(series="shop")
    dataset = prepared(data)
    raw = data.read_inputs()
    part = data.new(raw)
    x = dataset.preprocessing.inputs(part)
    features = dataset.train.features
    np.testing.assert_array_equal(x, [features[23:30], features[53:60]])
    described = data.describe(part)
    assert described["shop"].tolist() == ["b", "a"]
    assert described["day"].tolist() == ["2024-01-30"] * 2


def test_arrays_are_series():
    drawn = np.random.default_rng(0)
    x = drawn.normal(size=(3, 40, 2)).cumsum(1)
    np.savez("x.npz", x=x)
    data = SeriesKind(name="x.npz", window=5, horizon=2, target=("1",))
    dataset = prepared(data)
    assert dataset.targets.names == ("1 +1", "1 +2")
    both = prepared(replace(data, target=""))
    assert both.targets.names == ("0 +1", "1 +1", "0 +2", "1 +2")
    windows, y = both.test.arrays()
    past = both.preprocessing.signature["inputs"].past
    scale = np.array([[each.mean, each.scale] for each in past])
    np.testing.assert_allclose(
        windows[0] * scale[:, 1] + scale[:, 0], x[0, 27:32], rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(
        y[0].reshape(2, 2) * scale[:, 1] + scale[:, 0],
        x[0, 32:34],
        rtol=1e-4,
        atol=1e-5,
    )


def test_whole_series_are_standardised_by_feature():
    drawn = np.random.default_rng(0)
    x = drawn.normal([3, -2], [1, 9], size=(50, 8, 2))
    np.savez("w.npz", x=x, y=drawn.integers(0, 2, 50))
    data = SeriesKind(name="w.npz", task="classification")
    dataset = prepared(data)
    seen = dataset.train.arrays()[0]
    assert seen.shape[1:] == (8, 2)
    np.testing.assert_allclose(seen.mean((0, 1)), 0, atol=1e-6)
    np.testing.assert_allclose(seen.std((0, 1)), 1, rtol=1e-6)
    assert reread(dataset.encoding).to_json() == dataset.encoding.to_json()
    np.savez("w.npz", x=x.reshape(50, 16), y=drawn.integers(0, 2, 50))
    with pytest.raises(DataError, match=r"shape \(50, 16\).*series, time, features"):
        prepared(data)
