"""Reader of Parquet files."""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from kerasdl import untrusted
from kerasdl.data.table.frame import from_frame
from kerasdl.data.table.parquet_claims import (
    Claims,
    check_claims,
    check_footer,
    prefixes,
)
from kerasdl.data.table.table import Table, check_names
from kerasdl.errors import DataError, KerasDLError, UnsafeError

DELTA_TEXT = 7
"""The encoding in which a text may repeat all of the one before."""
DICTIONARY_ENCODINGS = {0, 2, 8}
"""The encodings of texts from which Arrow makes dictionaries."""
INDEX = re.compile(r"__index_level_\d+__")
"""Name that pandas gives a nameless index."""
DAMAGE = ArithmeticError, LookupError, OSError, RuntimeError, TypeError, ValueError
"""Exceptions that Arrow raises for files that are damaged or not Parquet."""


def check_installed() -> None:
    """Raise `DataError` unless pyarrow is installed."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as fault:
        what = f"Parquet files need pyarrow: {fault}"
        raise DataError(what, 'pip install "kerasdl[parquet]"') from fault


def read_parquet(path: Path, only: Collection[str] = ()) -> Table:
    """Return the table in a Parquet file; see `from_frame`.

    Args:
        path: Path of the file.
        only: Names of the only columns to keep, if the file has them; none keep all.

    Raises:
        DataError: If pyarrow is not installed, or the file cannot be read.
        UnsafeError: If the file claims far more data than it holds.
    """
    check_installed()
    with _reading(path), untrusted.open_file(path) as file:
        return _read(file, path, only)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except KerasDLError:
        raise
    except FileNotFoundError as fault:
        raise DataError(f"{path} does not exist", "give the path of a table") from fault
    except MemoryError as fault:
        what = f"{path} needs more memory than there is"
        raise UnsafeError(what, "give a smaller table") from fault
    except DAMAGE as fault:
        what = f"{path} is damaged or not Parquet: {fault}"
        raise DataError(what, "restore it, or write it again") from fault


def _read(file: IO[bytes], path: Path, only: Collection[str]) -> Table:
    import pyarrow as pa
    from pyarrow import parquet

    size = check_footer(file, path)
    described = parquet.ParquetFile(file, pre_buffer=False)
    schema, metadata = described.schema_arrow, described.metadata
    named = dict(zip(check_names(schema.names, str(path)), schema, strict=True))
    keeps_all = not only or not {*only} <= {*named}
    fields = {
        name: field
        for name, field in named.items()
        if not INDEX.fullmatch(name) and (keeps_all or name in only)
    }
    readable = {name: f for name, f in fields.items() if _is_readable(f.type)}
    unreadable = {
        name: f"values of type {field.type}"
        for name, field in fields.items()
        if name not in readable
    }
    if not readable:
        return Table(str(path), {}, unreadable=unreadable)
    names = {field.name for field in readable.values()}
    claims = check_claims(metadata, names, file, path, size)
    source = parquet.ParquetFile(
        file,
        metadata=metadata,
        read_dictionary=_plain_texts(readable.values(), claims),
        coerce_int96_timestamp_unit="us",
        pre_buffer=False,
        page_checksum_verification=True,
    )
    long = {name for name in names if DELTA_TEXT in claims.encodings[name]}
    if any({*prefixes(name)} & names for name in long):
        raise ValueError("a column has the name of a nested one")
    asked = [n for n in names - long if not {*prefixes(n)} & names]
    whole = source.read(asked, use_threads=False) if asked else None
    read = dict(zip(whole.column_names, whole.columns, strict=True)) if whole else {}
    columns = {
        name: _long_texts(source, field, claims.longest[field.name], path, size)
        if field.name in long
        else _compact(read[field.name])
        for name, field in readable.items()
    }
    table = from_frame(pa.table(columns), str(path), _categories(schema, readable))
    return replace(table, unreadable={**table.unreadable, **unreadable})


def _is_readable(arrow_type: Any) -> bool:
    """Return whether values of a type may stand in a table."""
    from pyarrow import types

    if types.is_dictionary(arrow_type):
        return _is_readable(arrow_type.value_type)
    kinds = (
        types.is_boolean,
        types.is_integer,
        types.is_floating,
        types.is_decimal,
        types.is_date,
        types.is_time,
        types.is_timestamp,
        types.is_duration,
        types.is_null,
    )
    return _is_text(arrow_type) or any(is_kind(arrow_type) for is_kind in kinds)


def _is_text(arrow_type: Any) -> bool:
    from pyarrow import types

    kinds = types.is_string, types.is_large_string, types.is_string_view
    return any(is_kind(arrow_type) for is_kind in kinds)


def _compact(column: Any) -> Any:
    """Return a column as a dictionary if its values become Python objects."""
    from pyarrow import types

    kinds = types.is_boolean, types.is_decimal, types.is_time, types.is_duration
    if any(is_kind(column.type) for is_kind in kinds):
        return column.dictionary_encode()
    return column


def _plain_texts(fields: Any, claims: Claims) -> list[str]:
    """Return the columns of texts that Arrow can read as dictionaries."""
    return [
        field.name
        for field in fields
        if _is_text(field.type) and claims.encodings[field.name] <= DICTIONARY_ENCODINGS
    ]


def _long_texts(source: Any, field: Any, longest: int, path: Path, size: int) -> Any:
    """Return a column of texts that may be longer than the pages that hold them.

    Args:
        source: Arrow's view of the file.
        field: Arrow's description of the column.
        longest: Bytes to which its largest page expands; no text is longer.
        path: The path, for messages.
        size: Size of the file in bytes.

    Raises:
        UnsafeError: If they are far more than the file holds.
    """
    import pyarrow as pa

    expanded, chunks = 0, []
    rows = min(1 << 16, max(1, untrusted.MAX_EXPANDED // max(1, longest)))
    for batch in source.iter_batches(rows, columns=[field.name], use_threads=False):
        column = batch.column(0)
        expanded += column.nbytes
        if untrusted.is_bomb(expanded, size):
            what = f"{field.name!r} of {path} expands to more than {expanded:,} bytes"
            hint = "write it without delta encoding if you trust it"
            raise UnsafeError(f"{what}, the file has {size:,}", hint)
        chunks.append(column.dictionary_encode())
    return pa.chunked_array(chunks, pa.dictionary(pa.int32(), field.type))


def _categories(schema: Any, fields: dict[str, Any]) -> list[str]:
    """Return the columns that are categories by their type, or were so in pandas."""
    from pyarrow import types

    content = (schema.metadata or {}).get(b"pandas", b"{}")
    described = untrusted.parse_json(content, "the metadata of pandas")
    columns = described.get("columns") if isinstance(described, dict) else ()
    in_pandas = [
        column.get("field_name")
        for column in (columns if isinstance(columns, list) else ())
        if isinstance(column, dict) and column.get("pandas_type") == "categorical"
    ]
    return [
        name
        for name, field in fields.items()
        if types.is_dictionary(field.type) or name in in_pandas
    ]
