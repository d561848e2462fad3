"""Rows mean the same wherever they come from: files and data frames."""

import datetime
import decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from kerasdl import config as configs
from kerasdl.config import Config
from kerasdl.data import Dataset
from kerasdl.data.table.delimited import read_delimited
from kerasdl.data.table.frame import frame_like, from_frame
from kerasdl.data.table.infer import infer
from kerasdl.data.table.raw_table import RawTable
from kerasdl.data.table.spelling import Spelling
from kerasdl.data.table.tsv import as_texts, write_tsv
from kerasdl.errors import DataError
from kerasdl.jobs.dataset import examples, prepare

ROWS = 150
DAY = datetime.datetime(2024, 1, 1)


def rows() -> dict[str, list]:
    """Return columns of every type, with missing values."""
    numbers, drawn = range(ROWS), np.random.default_rng(0)
    hours = [DAY + datetime.timedelta(hours=7 * n, microseconds=n) for n in numbers]
    columns: dict[str, list] = {
        "size": [float(x) for x in drawn.normal(size=ROWS) * 1e3],
        "rooms": [n * 7 % 31 for n in numbers],
        "id": [2**60 + n for n in numbers],
        "balcony": [n % 3 == 0 for n in numbers],
        "city": [("Bonn", "Köln", " Trier")[n % 3] for n in numbers],
        "built": [hour.date() for hour in hours],
        "seen": hours,
        "fee": [decimal.Decimal(n % 17) / 8 for n in numbers],
        "rent": [float(n % 10) / 7 for n in numbers],
    }
    for place, name in enumerate([*columns][:-1]):
        for row in range(place, ROWS, 13):
            columns[name][row] = None
    return columns


def pandas() -> pd.DataFrame:
    frame = pd.DataFrame(rows())
    frame["rooms"] = frame["rooms"].astype("Int64")
    frame["id"] = pd.array(rows()["id"], "Int64")
    frame["balcony"] = frame["balcony"].astype("boolean")
    return frame.astype({"built": "object", "fee": "float64"})


def polars() -> pl.DataFrame:
    return pl.DataFrame(rows())


def config(name: str) -> Config:
    keys = [f"data.name={name}", "data.target=rent", "data.task=regression"]
    return configs.load("mlp-tabular", settings=["data.kind=table", *keys])


def raw(name: str, source: Any = None) -> RawTable:
    data = config(name).data
    return data.read() if source is None else data.from_table(from_frame(source))


def sources() -> dict[str, RawTable]:
    pandas().to_csv("pandas.csv", index=False)
    polars().write_csv("polars.csv")
    pandas().to_parquet("pandas.parquet")
    polars().write_parquet("polars.parquet")
    files = ["pandas.csv", "polars.csv", "pandas.parquet", "polars.parquet"]
    arrow = polars().to_arrow()
    frames = {"pandas": pandas(), "polars": polars(), "pyarrow": arrow}
    texts = config("").data.from_table(as_texts(from_frame(polars())))
    frames = {name: raw("", frame) for name, frame in frames.items()}
    return {name: raw(name) for name in files} | frames | {"texts": texts}


def parts(split: Dataset) -> list[np.ndarray]:
    return [a for part in (split.train, split.test) for a in part.arrays()]


def test_the_same_rows_are_the_same_features_bit_for_bit():
    found = sources()
    chosen = config("")
    splits = {name: prepare(table, chosen) for name, table in found.items()}
    expected = splits["pandas.csv"]
    types = [column.type for column in expected.preprocessing.columns]
    assert types == [
        "number",
        "number",
        "category",
        "category",
        "date",
        "date",
        "number",
    ]
    for name, split in splits.items():
        for one, other in zip(parts(split), parts(expected), strict=True):
            np.testing.assert_array_equal(one, other, name)
    for name in ("polars.csv", "pandas"):
        encoding = splits[name].encoding
        given, targets = examples(found["texts"], chosen, encoding).arrays()
        for source, table in found.items():
            x, y = examples(table, chosen, encoding).arrays()
            np.testing.assert_array_equal(x, given, f"{name} read as {source}")
            np.testing.assert_array_equal(y, targets)


def test_a_frame_that_is_kept_is_read_as_it_was():
    table = as_texts(from_frame(polars()))
    odd = {
        "a\tb": ["x\r\ny", '"', "'", "\t", "NA"],
        "ö": ["1e300", None, "=1", "a", ";"],
    }
    for each in (table, as_texts(from_frame(pd.DataFrame(odd)))):
        write_tsv(each, Path("t.tsv"))
        again = read_delimited(Path("t.tsv"))
        assert again.sha256() == each.sha256()
        assert again.notes == ()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2, 3], [1.0, 2.0, 3.0]),
        ([1.5, np.nan, 3], [1.5, np.nan, 3.0]),
        (pd.array([1, None, 3], "Int64"), [1.0, np.nan, 3.0]),
        (np.array([2**64 - 1, 1, 2], "uint64"), ["18446744073709551615", "1", "2"]),
        ([True, False, True], ["True", "False", "True"]),
        ([True, None, False], ["True", None, "False"]),
        ([" a", "", None], ["a", None, None]),
        (pd.Categorical(["x", None, "x"]), ["x", None, "x"]),
        (pd.Categorical([1, 2, 1]), [1.0, 2.0, 1.0]),
        (["a", 1, True], ["a", "1", "True"]),
        ([decimal.Decimal("0.1"), None, 2], [0.1, np.nan, 2.0]),
        (pd.to_timedelta([1, None, 90], "s"), [1.0, np.nan, 90.0]),
        ([datetime.time(1, 2), None, None], ["01:02:00", None, None]),
        (
            pd.to_datetime(
                ["2026-01-01T01:00+01:00", None, "1969-12-31T23:00Z"], utc=True
            ),
            [datetime.datetime(2026, 1, 1), None, datetime.datetime(1969, 12, 31, 23)],
        ),
        (
            [datetime.date(1, 1, 1), None, datetime.date(9999, 12, 31)],
            [datetime.datetime(1, 1, 1), None, datetime.datetime(9999, 12, 31)],
        ),
        ([None, None, None], [None, None, None]),
    ],
)
def test_columns_of_pandas(values: Any, expected: list):
    column = from_frame(pd.DataFrame({"a": values})).columns["a"].tolist()
    if isinstance(expected[0], float):
        np.testing.assert_array_equal(column, expected)
    else:
        assert column == expected


@pytest.mark.parametrize(
    ("values", "held"),
    [
        ([[1], [2], None], "values of type list"),
        ([b"x", b"y", b"z"], "values of type bytes"),
        (pd.period_range("2026", periods=3, freq="M"), "values of type Period"),
        ([1j, 2j, 3j], "values of type complex"),
    ],
)
def test_what_cannot_be_read(values: Any, held: str):
    table = from_frame(pd.DataFrame({"a": values, "b": [1, 2, 3]}))
    assert table.unreadable == {"a": held}
    assert [*table.columns] == ["b"]
    with pytest.raises(
        DataError, match=f"column 'a' of data holds {held} — convert it"
    ):
        table.column("a")
    assert infer(table, Spelling(), {"a": "ignored"})["b"].type == "number"


def test_categories_are_declared_by_type():
    frame = pl.DataFrame(
        {"c": ["1", "2", "1"], "e": ["x", None, "y"], "s": ["1", "2", "1"]},
        {"c": pl.Categorical, "e": pl.Enum(["x", "y"]), "s": pl.String},
    )
    for each in (frame, frame.to_arrow(), frame.with_columns(n=pl.col("s"))):
        table = from_frame(each)
        assert table.categories == {"c", "e"}
        found = infer(table, Spelling(), {})
        assert found["c"].type == "category"
        assert found["s"].type == "number"
    assert from_frame(frame.to_arrow()).columns["e"].tolist() == ["x", None, "y"]
    numbers = pa.table({"a": pa.array([7, None, 5, 7]).dictionary_encode()})
    column = from_frame(numbers).columns["a"]
    np.testing.assert_array_equal(column, [7, np.nan, 5, 7])


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ({"a": [1]}, "data is no data frame that can be read: .*dict"),
        (pl.LazyFrame({"a": [1]}), "data is no data frame .* collect a lazy one first"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "no data frame .* 'a' 2 times"),
        (pd.DataFrame([[1, 2]], columns=["a", "a "]), "data names 'a' more than once"),
        (pd.DataFrame({"a": []}), "data has no rows"),
        (pd.DataFrame({"a": [b"x"]}), "data has no column that can be read"),
        (pd.DataFrame({"a": ["x\0"]}), r"column 'a' of data .* 'x\\x00' has NUL"),
        (
            pd.DataFrame({0: [1]}).set_axis(
                pd.Index(["a\ud800"], dtype=object), axis=1
            ),
            r"NUL or half a character in .* 'a\\ud800'",
        ),
        (
            pd.DataFrame({"a": pd.Series(["\ud800", "b"], dtype=object)}),
            r"'\\ud800' has NUL or half",
        ),
        (
            pl.DataFrame({"a": [2**53]}, {"a": pl.Datetime("ms")}),
            "column 'a' of data .* row 0 is before the year 1 or after 9999",
        ),
    ],
)
def test_what_is_wrong_with_a_frame(frame: Any, message: str):
    with pytest.raises(DataError, match=message):
        from_frame(frame)


def test_values_that_do_not_fit_are_named_by_row():
    frame = pd.DataFrame({"size": [1.0, np.inf] * 20, "rent": range(40)})
    with pytest.raises(
        DataError,
        match=r"holds numbers, but inf at row \d*[13579], inf at row \d*[13579], ",
    ):
        prepare(raw("", frame), config(""))
    frame = pd.DataFrame({"size": range(40), "rent": [1.0, np.nan] * 20})
    with pytest.raises(
        DataError, match="'rent' of data is missing: nan at row 1, nan at"
    ):
        raw("", frame)


def test_what_cannot_be_kept():
    with pytest.raises(DataError, match="have numbers as names — give them names"):
        as_texts(from_frame(pd.DataFrame(np.zeros((2, 3)))))
    long = pd.DataFrame({"a": ["x", "y" * 200_000], "b": [1, 2]})
    with pytest.raises(DataError, match="has 200,000 characters at row 1, more than"):
        as_texts(from_frame(long))


def test_frames_of_predictions_are_of_the_same_library():
    columns = {"p": np.array([0.5, 2.0]), "q": np.array(["a", "b"], object)}
    given = pd.DataFrame({"a": [1, 2]}, index=["x", "y"])
    made = frame_like(given, columns)
    assert made.index.tolist() == ["x", "y"]
    assert made["q"].tolist() == ["a", "b"]
    assert frame_like(pl.DataFrame({"a": [1, 2]}), columns).equals(
        pl.DataFrame({"p": [0.5, 2.0], "q": ["a", "b"]})
    )


def test_what_is_no_frame():
    for value in (pd.Series([1.0, 2.0], name="a"), [1, 2], pl.LazyFrame({"a": [1]})):
        with pytest.raises(DataError, match=f"it is a {type(value).__name__} — give"):
            from_frame(value)
