"""Parquet files that claim or hold too much."""

import time
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from kerasdl.data.table import parquet_claims
from kerasdl.data.table.parquet import read_parquet
from kerasdl.errors import UnsafeError
from tests.data.table.parquet_files import PATH, read

SECONDS = 5


def in_pieces(piece: pa.Table, count: int, **options: Any) -> None:
    with parquet.ParquetWriter(PATH, piece.schema, **options) as writer:
        for _ in range(count):
            writer.write_table(piece, row_group_size=len(piece))


def many_rows() -> None:
    in_pieces(pa.table({"a": np.zeros(1_000_000, "int8")}), 50)


def many_columns() -> None:
    zeros = np.zeros(20_000, "int8")
    in_pieces(pa.table({f"c{n}": zeros for n in range(2_000)}), 1)


def repeated_texts() -> None:
    """Texts that begin like the one before: 100 MB in a few bytes."""
    texts = pa.array([f"{'x' * 100_000}{n}" for n in range(100)])
    options = {"column_encoding": "DELTA_BYTE_ARRAY", "compression": "zstd"}
    in_pieces(pa.table({"a": texts}), 10, use_dictionary=False, **options)


def long_pages() -> None:
    """A page of 80 MB of zeros, that the footer says is short."""
    piece = pa.table({"a": np.zeros(10_000_000)})
    parquet.write_table(piece, PATH, compression="zstd", use_dictionary=False)
    metadata = parquet.ParquetFile(PATH).metadata
    claimed = metadata.row_group(0).column(0).total_uncompressed_size
    content = PATH.read_bytes()
    begin = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    footer = content[begin:]
    small = footer.replace(_zigzag(claimed), _zigzag(claimed - 80_000_000, claimed))
    assert small != footer
    PATH.write_bytes(content[:begin] + small)


def _zigzag(value: int, as_long_as: int | None = None) -> bytes:
    """Return an integer as Thrift writes it, as long as another one."""
    length = -(-((as_long_as or value) * 2).bit_length() // 7)
    parts = [value * 2 >> 7 * n & 127 for n in range(length)]
    return bytes([part | 128 for part in parts[:-1]] + parts[-1:])


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (many_rows, "claims 50,000,000 values and"),
        (many_columns, "claims 40,000,000 values and"),
        (repeated_texts, "'a' of t.parquet expands to more than"),
        (long_pages, "claims 10,000,000 values and 80"),
    ],
)
def test_bombs_are_not_expanded(write: Any, message: str):
    write()
    begin = time.monotonic()
    with pytest.raises(UnsafeError, match=message):
        read_parquet(PATH)
    assert time.monotonic() - begin < SECONDS
    assert pa.default_memory_pool().max_memory() < 1 << 28


def test_a_footer_that_is_too_long(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(parquet_claims, "MAX_FOOTER", 100)
    with pytest.raises(UnsafeError, match=r"t.parquet has a footer of \d+ bytes"):
        read({"a": [1]})


def test_page_headers_that_are_too_long(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(parquet_claims, "MAX_HEADERS", 100)
    with pytest.raises(UnsafeError, match="has page headers of more than"):
        read({"a": range(10_000)}, data_page_size=100, use_dictionary=False)
