"""Parquet files as people have them, and damaged ones."""

import datetime
import decimal
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

from kerasdl.data.kinds.table import TableKind
from kerasdl.data.table.parquet import read_parquet
from kerasdl.errors import DataError
from tests.data.table.parquet_files import PATH, read

TEXTS = [None if n % 7 == 0 else f"text {n % 50}" for n in range(500)]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"use_dictionary": False},
        {"use_dictionary": False, "column_encoding": "DELTA_BYTE_ARRAY"},
        {"use_dictionary": False, "column_encoding": "DELTA_LENGTH_BYTE_ARRAY"},
        {"data_page_version": "2.0", "compression": "zstd"},
        {"compression": "none", "row_group_size": 60, "write_page_checksum": True},
        {"dictionary_pagesize_limit": 100, "data_page_size": 100},
    ],
)
def test_texts_are_read_whatever_their_encoding(options: dict):
    table = read({"a": TEXTS, "b.c": pa.array(TEXTS, pa.large_string())}, **options)
    assert table.columns["a"].tolist() == table.columns["b.c"].tolist() == TEXTS
    assert table.categories == frozenset()
    assert table.place(3) == "row 3"


def test_columns_keep_their_types():
    day = datetime.date(2026, 1, 2)
    table = read(
        {
            "n": pa.array([1, None, 3], pa.int8()),
            "f": pa.array([0.5, None, float("nan")], pa.float16()),
            "b": [True, None, False],
            "d": pa.array([day, None, day]),
            "t": pa.array([datetime.datetime(2026, 1, 2, 3)] * 3, pa.timestamp("ns")),
            "c": pa.array(["x", None, "y"]).dictionary_encode(),
            "m": pa.array([None] * 3, pa.decimal128(5, 2)),
            "e": pa.array([decimal.Decimal("0.10"), None, decimal.Decimal(7)]),
            "w": pa.array([90, None, 1], pa.duration("s")),
            "h": pa.array([datetime.time(1, 2), None, None]),
            "z": pa.nulls(3),
            "l": [[1], None, [2, 3]],
            "s": [{"x": 1}, None, {"x": 2}],
            "y": [b"x", b"y", None],
        }
    )
    shown = {name: column.tolist() for name, column in table.columns.items()}
    np.testing.assert_array_equal(shown.pop("n"), [1, np.nan, 3])
    np.testing.assert_array_equal(shown.pop("f"), [0.5, np.nan, np.nan])
    np.testing.assert_array_equal(shown.pop("e"), [0.1, np.nan, 7])
    np.testing.assert_array_equal(shown.pop("w"), [90, np.nan, 1])
    midnight = datetime.datetime(2026, 1, 2)
    assert shown == {
        "b": ["True", None, "False"],
        "d": [midnight, None, midnight],
        "t": [datetime.datetime(2026, 1, 2, 3)] * 3,
        "c": ["x", None, "y"],
        "m": [None] * 3,
        "h": ["01:02:00", None, None],
        "z": [None] * 3,
    }
    assert table.categories == {"c"}
    assert [*table.unreadable] == ["l", "s", "y"]


def test_one_column_alone():
    table = read({"a": [1, 2], "b": ["x", "y"], "l": [[1], [2]]}, only=("b",))
    assert [*table.columns] == ["b"]
    assert [*read({"a": [1], "b": [2]}, only=("c",)).columns] == ["a", "b"]
    with pytest.raises(
        DataError, match=r"column 'l' of t.parquet holds values of type"
    ):
        read({"l": [[1], [2]]}, only=("l",)).column("l")


def test_frames_of_pandas_keep_categories_and_lose_their_index():
    frame = pd.DataFrame({"a": pd.Categorical([3, 4]), "b": [1, 2]}, index=["x", "y"])
    frame.to_parquet(PATH)
    table = read_parquet(PATH)
    assert [*table.columns] == ["a", "b"]
    assert table.categories == {"a"}


def test_files_of_polars():
    frame = pl.DataFrame({"a": ["x", None]}, {"a": pl.Categorical})
    frame.write_parquet(PATH)
    table = read_parquet(PATH)
    assert table.columns["a"].tolist() == ["x", None]


def test_a_nested_column_is_told_and_may_be_ignored():
    rows = 60
    parquet.write_table(
        pa.table({"x": range(rows), "l": [[n] for n in range(rows)], "y": [1, 2] * 30}),
        PATH,
    )
    kind = TableKind(name=str(PATH), target="y")
    raw = kind.read()
    [finding] = [
        f for f in kind.findings(raw, kind.parts(raw, True, 0)) if "'l'" in f.what
    ]
    assert str(finding).startswith(
        "column 'l' is ignored: it holds values of type list"
    )
    ignoring = TableKind(name=str(PATH), target="y", ignore=("l",))
    raw = ignoring.read()
    found = ignoring.findings(raw, ignoring.parts(raw, True, 0))
    assert not any("'l'" in each.what for each in found)
    target = TableKind(name=str(PATH), target="l")
    with pytest.raises(
        DataError, match=r"column 'l' of t.parquet holds values of type"
    ):
        target.infer_task(None, target.preview())


def test_without_pyarrow(monkeypatch: pytest.MonkeyPatch):
    parquet.write_table(pa.table({"a": [1]}), PATH)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    message = r'Parquet files need pyarrow.* — pip install "kerasdl\[parquet\]"'
    with pytest.raises(DataError, match=message):
        TableKind(name=str(PATH), target="a").check_source()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "t.parquet is empty"),
        (b"a,b\n1,2\n3,4\n5,6\n", "is damaged or not Parquet: it has no footer"),
        (b"PAR1" + b"\xff" * 8 + b"PAR1", "it has no footer"),
        (b"PAR1" + bytes(8) + b"\x08\0\0\0PAR1", "is damaged or not Parquet: "),
    ],
)
def test_damaged_files(content: bytes, message: str):
    PATH.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_parquet(PATH)


def test_a_schema_that_is_nested_deeply():
    def element(children: bytes) -> bytes:
        return b"\x35\0\x18\x01a" + children + b"\0"

    depth = 50_000
    elements = element(b"\x15\x02") * depth + b"\x15\x02" + element(b"")[:2] + b"\0"
    footer = b"\x15\x02\x19\xfc" + _varint(depth + 1) + elements
    footer += b"\x16\0\x19\x0c\0"
    PATH.write_bytes(b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1")
    with pytest.raises(DataError, match="is damaged or not Parquet: "):
        read_parquet(PATH)


def _varint(value: int) -> bytes:
    parts = [value >> 7 * n & 127 for n in range(3)]
    return bytes([parts[0] | 128, parts[1] | 128, parts[2]])


def test_a_damaged_page_with_a_checksum_is_seen():
    options = {"compression": "none", "use_dictionary": False}
    read({"a": range(100)}, write_page_checksum=True, **options)
    content = bytearray(PATH.read_bytes())
    chunk = parquet.ParquetFile(PATH).metadata.row_group(0).column(0)
    content[chunk.data_page_offset + 400] ^= 1
    PATH.write_bytes(content)
    with pytest.raises(DataError, match=r"is damaged or not Parquet: .*[Cc][Rr][Cc]"):
        read_parquet(PATH)


def test_names_that_are_the_same():
    with pytest.raises(DataError, match=r"t.parquet names 'a' more than once"):
        read(pa.table([[1], [2]], names=["a", "a"]))


def test_no_file():
    with pytest.raises(DataError, match=r"nowhere.parquet does not exist"):
        read_parquet(Path("nowhere.parquet"))


def test_one_text_in_many_rows_is_kept_once():
    codes = pa.array(np.zeros(3_000_000, "int32"))
    words = pa.DictionaryArray.from_arrays(codes, pa.array(["y" * 10_000]))
    table = read({"a": words.cast(pa.dictionary(pa.int32(), pa.string()))})
    assert len({id(text) for text in table.columns["a"]}) == 1
