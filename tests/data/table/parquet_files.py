"""A Parquet file that is written and read."""

from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from kerasdl.data.table.parquet import read_parquet

PATH = Path("t.parquet")


def read(table: Any, only: str | None = None, **options: Any):
    if isinstance(table, dict):
        table = pa.table(table)
    parquet.write_table(table, PATH, **options)
    return read_parquet(PATH, only)
