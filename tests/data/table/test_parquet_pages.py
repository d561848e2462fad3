"""Headers of Parquet pages."""

import io

import pytest
from pyarrow import parquet

from kerasdl.data.table.parquet_pages import pages
from tests.data.table.parquet_files import PATH, read


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_pages_are_those_that_arrow_wrote(version: str):
    texts = [f"text {n}" for n in range(5_000)]
    read({"a": texts}, data_page_size=1_000, data_page_version=version)
    chunk = parquet.ParquetFile(PATH).metadata.row_group(0).column(0)
    begin = chunk.dictionary_page_offset
    end = begin + chunk.total_compressed_size
    with PATH.open("rb") as file:
        found = [*pages(file, begin, end, chunk.num_values)]
    assert len(found) > 2
    assert sum(page.values for page in found) == len(texts)
    assert sum(page.header + page.size for page in found) == end - begin
    expanded = sum(page.header + page.expanded for page in found)
    assert expanded == chunk.total_uncompressed_size


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"\x15",
        b"\x15\x00\x15\x10",
        b"\x15\x00\x15\x10\x15\x01\x00",  # a size below 0
        b"\x15\x00\x15\x10\x15\x10\x00",  # no header of a data page
        b"\x15\x00\x15\x10\x15\x10\x25\x02\x00",  # an integer in its place
        b"\x1c" * 100,
        b"\x19\xf9" * 100,
        b"\x19\xf3" + b"\xff" * 8 + b"\x01",
        b"\x15" + b"\xff" * 30,
        b"\x1f\x00",
    ],
)
def test_damaged_page_headers(header: bytes):
    with pytest.raises(ValueError, match="a page header"):
        [*pages(io.BytesIO(header), 0, max(1, len(header)), 10)]
