"""Every fault of series ends in one line that names series, times and lines."""

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasdl import config as configs
from kerasdl.data.kinds.series import SeriesKind
from kerasdl.errors import (
    DataError,
    InvalidConfigError,
    KerasDLError,
    UnsafeError,
)
from kerasdl.jobs.dataset import examples, prepare
from tests.data.series.helpers import kind, write
from tests.mutations import bent
from tests.time_limit import limited


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def changed(**lines: str) -> None:
    """Replace lines of the file, by their number after an underscore."""
    text = Path("s.csv").read_text().splitlines()
    for number, line in lines.items():
        text[int(number[1:]) - 1] = line
    Path("s.csv").write_text("\n".join(text))


def prepared(data: SeriesKind) -> Any:
    return prepare(data.read(), replace(configs.load(), data=data))


LINES = {
    "a missing target": ({"_9": "2024-01-08,-,,1,n", "_11": "2024-01-10,-,NA,1,n"}, "'sales' of s.csv is missing: None at line 9 and 'NA' at line 11"),
    "a target that is not a number": ({"_9": "2024-01-08,-,x,1,n", "_11": "2024-01-10,-,inf,1,n"}, "holds numbers, but 'x' at line 9 and 'inf' at line 11"),
    "a time twice": ({"_9": "2024-01-07,-,1,1,n", "_12": "2024-01-10,-,1,1,n"}, "'day' of s.csv occurs twice: 2024-01-07 at line 8 and line 9; 2024-01-10 at line 11 and line 12"),
    "times of 100 ns": ({"_9": "2024-01-07T00:00:00.0000001,-,1,1,n"}, "'day' of s.csv are equal to a microsecond: 2024-01-07 and 2024-01-07T00:00:00.0000001 at line 9"),
    "no time": ({"_9": ",-,1,1,n", "_12": "-,-,1,1,n"}, "'day' of s.csv orders steps, but is missing: None at line 9 and '-' at line 12"),
    "a time that is none": ({"_9": "soon,-,1,1,n"}, "'day' of s.csv orders no rows"),
    "a huge number": ({"_60": "2024-02-28,-,1e30,1,n"}, "the target 'sales' is 1e+30 at line 60"),
    "a huge price": ({"_60": "2024-02-28,-,1,1e30,n"}, "'price' of s.csv is '1e30' at line 60"),
}  # fmt: skip


@pytest.mark.parametrize("fault", LINES)
def test_lines(fault: str):
    lines, message = LINES[fault]
    write()
    changed(**lines)
    with pytest.raises(DataError) as caught:
        prepared(kind())
    assert message in str(caught.value)
    assert caught.value.hint


def test_more_than_twenty_are_counted():
    path = write()
    head, *lines = path.read_text().splitlines()
    path.write_text("\n".join([head, *lines, *lines]))
    with pytest.raises(
        DataError, match=r"line 2 and line 62; .*; and 40 more"
    ) as caught:
        prepared(kind())
    assert "data.series" in caught.value.hint


def test_a_series_may_begin_when_another_ends():
    write(steps=20)
    lines = [f"2024-01-{20 + n},+,{n},1,n" for n in range(12)]
    text = Path("s.csv").read_text().replace(",-,", ",x,")
    Path("s.csv").write_text(text + "\n".join(lines))
    raw = kind(series="shop").read()
    assert raw.names == ("x", "+")
    assert raw.starts.tolist() == [0, 20]
    assert raw.gaps == ()


KEYS = [
    ({"target": ""}, "no column of s.csv is named to predict"),
    ({"target": "sale"}, "has no column 'sale'.*did you mean sales"),
    ({"time": "when"}, "has no column 'when'"),
    ({"series": "market"}, "has no column 'market'"),
    ({"ignore": ("day2",)}, "has no column 'day2'"),
    ({"window": 60}, "no training and no validation and no test window.* 60 steps"),
    ({"window": 40}, "has no training window: its longest series has 60 steps"),
    ({"horizon": 13}, "has no validation and no test window"),
]


@pytest.mark.parametrize(("keys", "message"), KEYS, ids=lambda each: str(each)[:20])
def test_keys_that_do_not_fit_the_file(keys: dict[str, Any], message: str):
    write()
    with pytest.raises(DataError, match=message):
        prepared(kind(**keys))


def test_the_steps_that_a_series_needs_are_enough():
    write(steps=20)
    with pytest.raises(DataError) as caught:
        prepared(kind(window=10, horizon=4))
    needed = int(caught.value.hint.split(" need ")[1].split()[0])
    write(steps=needed - 1)
    with pytest.raises(DataError, match=r"no .* window"):
        prepared(kind(window=10, horizon=4))
    write(steps=needed)
    dataset = prepared(kind(window=10, horizon=4))
    assert min(map(len, (dataset.train, dataset.validation, dataset.test))) >= 1


def test_the_steps_of_a_tiny_part_are_told_at_once():
    write(steps=60)
    with pytest.raises(DataError, match="no test window") as caught:
        prepared(kind(test_fraction=1e-9))
    assert "need 1,500,000,000 without" in caught.value.hint


def test_short_series_are_told_and_left_out():
    path = write(steps=60)
    other = write("other.csv", steps=8, series=("short",)).read_text().splitlines()
    path.write_text("\n".join([path.read_text().strip(), *other[1:]]))
    dataset = prepared(kind(series="shop", missing=("NA",)))
    said = [str(finding) for finding in dataset.findings]
    line = "1 series has no window of 9 steps within a part: series 'short' of 8 steps"
    assert any(line in each for each in said), said


def test_constant_series_are_learned_from():
    Path("s.csv").write_text("sales\n" + "5\n" * 60)
    dataset = prepared(kind(time="", ignore=()))
    x, y = dataset.test.arrays()
    assert not x.any()
    assert not y.any()
    score = dataset.targets.score(y, y)
    assert score["mean_absolute_error"] == 0
    undefined = dataset.targets.undefined(y)
    assert {*undefined} == {"r2_score", "mean_absolute_scaled_error"}
    assert score.keys().isdisjoint(undefined)


@pytest.mark.parametrize(
    ("steps", "left_out", "message"),
    [
        (6, (), "last 7 steps without a gap: s.csv has 6 — give more steps"),
        (30, (26,), "last 7 steps without a gap: s.csv has a gap after 2024-01-26"),
    ],
)
def test_forecasts_need_a_whole_window(
    steps: int, left_out: tuple[int, ...], message: str
):
    write(steps=steps, left_out=left_out)
    data = kind()
    with pytest.raises(DataError) as caught:
        data.new(data.read_inputs())
    assert message in f"{caught.value.what} — {caught.value.hint}"


def test_new_data_that_do_not_fit():
    write()
    data = kind()
    encoding = prepared(data).encoding
    changed(_40="2024-02-08,-,1e30,1,n")
    with pytest.raises(DataError, match="target 'sales' is 1e\\+30 at line 40"):
        examples(data.read(), replace(configs.load(), data=data), encoding)
    write(steps=8)
    with pytest.raises(DataError, match="has 9 steps without a gap"):
        examples(data.read(), replace(configs.load(), data=data), encoding)


X = np.random.default_rng(0).normal(size=(2, 30, 2))
ARRAYS = [
    ({"x": X, "y": X}, "s.npz also holds y, and data.task is to forecast x"),
    ({"z": X}, "holds .*z.*, not x"),
    ({"x": X[0]}, "x has shape \\(30, 2\\)"),
    ({"x": X[:0]}, "x has shape \\(0, 30, 2\\)"),
    ({"x": np.where(X > 2, np.nan, X)}, "x is nan at row"),
    ({"x": X.astype(str)}, "x holds <U32"),
]


@pytest.mark.parametrize(("arrays", "message"), ARRAYS)
def test_arrays(arrays: dict[str, np.ndarray], message: str):
    np.savez("s.npz", **arrays)
    with pytest.raises(DataError, match=message):
        SeriesKind(name="s.npz", window=4).read()


def test_arrays_of_strangers():
    np.savez("s.npz", x=np.array([{"a": 1}], object))
    with pytest.raises(UnsafeError, match="pickled objects"):
        SeriesKind(name="s.npz").read()
    Path("s.npz").write_bytes(b"PK")
    with pytest.raises(DataError, match="damaged"):
        SeriesKind(name="s.npz").read()
    np.savez("s.npz", x=X)
    with pytest.raises(DataError, match="has no column '7'"):
        SeriesKind(name="s.npz", target="7").read()


FAULTS = [
    (("season=25",), "data.season (=25) is longer than data.window"),
    (("group=a",), "data.kind is 'series', and group a key of 'table'"),
    (("split_seed=3",), "data.split_seed (=3) has no meaning for forecasts"),
    (("time=day", "series=day"), "data.time and data.series are both 'day'"),
    (("time=v",), "data.target (='v') is in data.time"),
    (('ignore=["v"]',), "data.target (='v') is in data.ignore"),
    (("date_format=%Q",), "data.date_format"),
    (("name=a.npz", "time=day"), "no meaning for forecasts of arrays"),
    (("name=a.npz", "task=classification"), "data.target (='v') has no meaning for"),
    (("num_classes=3",), "data.num_classes"),
]


@pytest.mark.parametrize(("texts", "message"), FAULTS)
def test_configs(texts: tuple[str, ...], message: str):
    usual = ["data.kind=series", "data.name=a.csv", "data.target=v"]
    given = [*usual, *(f"data.{text}" for text in texts)]
    with pytest.raises(InvalidConfigError) as caught:
        configs.load("lstm", settings=given)
    assert message in str(caught.value)


def test_fewer_steps_than_the_horizon():
    write(steps=5)
    with pytest.raises(
        DataError, match=r"no training .*its longest series has 5 steps"
    ):
        prepared(kind(horizon=10))


def test_what_becomes_of_files():
    """300 files; each is forecast from, or refused in one line."""
    content, read = write(steps=40).read_bytes(), 0
    for number in range(300):
        draw = random.Random(number)
        Path("s.csv").write_bytes(bent(draw, content) if number % 4 else content)
        try:
            with limited(10):
                dataset = prepared(kind())
        except KerasDLError as fault:
            assert fault.exit_code in (3, 7), number  # noqa: PT017
            assert len(fault.lines()) == 1  # noqa: PT017
        else:
            read += 1
            x, y = dataset.train.arrays()
            assert len(x) == len(y) > 0
            assert np.isfinite(x).all()
            assert np.isfinite(y).all()
    assert 75 < read < 290
