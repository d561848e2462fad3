"""Faults of the keys that say how a table is read."""

from collections.abc import Iterator

from kerasdl.data.table.spelling import Spelling
from kerasdl.errors import ConfigError


def reading_faults(
    delimiter: str, encoding: str, spelling: Spelling, is_parquet: bool
) -> Iterator[ConfigError]:
    """Yield errors for keys by which a table of this format cannot be read.

    Args:
        delimiter: Character between two values; `"auto"` recognises it.
        encoding: Name of the text encoding; `"auto"` recognises it.
        spelling: How values are spelled.
        is_parquet: Whether all files are Parquet, which has neither of the first two.
    """
    if delimiter != "auto" and (len(delimiter) != 1 or delimiter in '"\r\n '):
        what = f"data.delimiter (={delimiter!r}) is not allowed"
        yield ConfigError(what, "it must be 'auto' or one character")
    for key, value in (("delimiter", delimiter), ("encoding", encoding)):
        if is_parquet and value != "auto":
            yield ConfigError(f"data.{key} has no meaning for Parquet", "leave it out")
    try:
        "".encode(encoding if encoding != "auto" else "utf-8")
    except (LookupError, ValueError) as fault:
        what = f"data.encoding (={encoding!r}) is not allowed: {fault}"
        yield ConfigError(what, "use a text encoding of Python, such as 'latin-1'")
    try:
        spelling.check()
    except ValueError as fault:
        hint = "use directives of strptime, such as '%d/%m/%Y'"
        yield ConfigError(f"data.{fault}", hint)
