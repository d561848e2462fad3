"""Bounds what a Parquet file may expand to by the bytes that it has.

Arrow trusts what pages claim: a few bytes may stand for any number of rows, a short page
for a long one, and a text for a repetition of the one before.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from kerasdl import untrusted
from kerasdl.data.table.parquet_pages import Page, pages
from kerasdl.errors import DataError, UnsafeError

MAX_FOOTER = 1 << 24
"""Bytes of the footer, which may need forty times as much memory."""
MAX_HEADERS = 1 << 23
"""Bytes of all page headers."""
BYTES_PER_VALUE = 2
"""What a value takes in a text file, at least."""


@dataclass(frozen=True)
class Claims:
    """What the pages of each column claim, by the path of the column.

    Args:
        encodings: Numbers of the encodings in `parquet.thrift`; None for an index.
        longest: Bytes to which the largest page expands.
    """

    encodings: dict[str, set[int | None]]
    longest: dict[str, int]


def check_footer(file: IO[bytes], path: Path) -> int:
    """Return the size of a file after checking the length of its footer.

    Raises:
        DataError: If the file is empty.
        UnsafeError: If the footer is too long.
        ValueError: If there is none.
    """
    size = file.seek(0, 2)
    if not size:
        raise DataError(f"{path} is empty", "give a table with names of columns")
    file.seek(max(0, size - 8))
    end = file.read(8)
    length = int.from_bytes(end[:4], "little")
    if end[4:] not in (b"PAR1", b"PARE") or length > size - 12:
        raise ValueError("it has no footer")
    if length > MAX_FOOTER:
        what = f"{path} has a footer of {length:,} bytes"
        raise UnsafeError(what, "write it again with larger row groups")
    return size


def check_claims(
    metadata: Any, names: set[str], file: IO[bytes], path: Path, size: int
) -> Claims:
    """Return what the pages of some columns claim, after bounding it.

    Args:
        metadata: Arrow's metadata of the file.
        names: Names of the columns; those that are nested in them are read as well.
        file: The file.
        path: Its path, for messages.
        size: Its size in bytes.

    Raises:
        UnsafeError: If they claim far more than the file holds.
        ValueError: If they are damaged.
    """
    claims = Claims(defaultdict(set), defaultdict(int))
    headers = expanded = values = 0
    columns = [metadata.schema.column(n).path for n in range(metadata.num_columns)]
    leaves = [n for n, name in enumerate(columns) if names & {name, *prefixes(name)}]
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for leaf in leaves:
            chunk, name = group.column(leaf), columns[leaf]
            values += max(0, chunk.num_values, group.num_rows)
            for page in _pages(file, chunk, size):
                headers, expanded = headers + page.header, expanded + page.expanded
                if headers > MAX_HEADERS:
                    what = f"{path} has page headers of more than {headers:,} bytes"
                    raise UnsafeError(what, "write it again with larger pages")
                claims.encodings[name].add(page.encoding)
                claims.longest[name] = max(claims.longest[name], page.expanded)
    if untrusted.is_bomb(max(expanded, BYTES_PER_VALUE * values), size):
        what = f"{path} claims {values:,} values and {expanded:,} bytes"
        hint = "write it without compression and dictionaries if you trust it"
        raise UnsafeError(f"{what} in a file of {size:,} bytes", hint)
    return claims


def prefixes(name: str) -> Iterator[str]:
    """Yield the names in which a column may be nested: `a` and `a.b` for `a.b.c`."""
    parts = name.split(".")
    return (".".join(parts[:end]) for end in range(1, len(parts)))


def _pages(file: IO[bytes], chunk: Any, size: int) -> Iterator[Page]:
    """Return the pages of a column chunk.

    Raises:
        ValueError: If the chunk is not inside of the file.
    """
    begin, dictionary = chunk.data_page_offset, chunk.dictionary_page_offset
    if chunk.has_dictionary_page and dictionary and 0 < dictionary < begin:
        begin = dictionary
    end = begin + chunk.total_compressed_size
    if not 0 <= begin <= end <= size:
        raise ValueError("a column is outside of the file")
    return pages(file, begin, end, chunk.num_values)
