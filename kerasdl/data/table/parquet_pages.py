"""What the pages of a Parquet file claim, before any of them is expanded.

A page header is a struct of Thrift's compact protocol, described in `parquet.thrift` of
https://github.com/apache/parquet-format and in
https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md.
"""

from collections.abc import Iterator
from typing import IO, Any, NamedTuple

WINDOW = 1 << 10
LARGEST_HEADER = 1 << 16
"""Statistics in a header take a few kilobytes at most."""
MAX_DEPTH = 8
VALUES_OF = {0: 5, 2: 7, 3: 8}
"""The field with the header of a data page, a dictionary page and a new data page."""
ENCODING_OF = {0: 2, 2: 2, 3: 4}
"""The field of that header with the encoding."""


class Page(NamedTuple):
    """A page.

    Args:
        header: Bytes of its header.
        size: Bytes after the header.
        expanded: Bytes that it claims to expand to.
        values: Rows that it claims to hold, also missing ones; 0 for a dictionary.
        encoding: Number of the encoding in `parquet.thrift`; None for an index.
    """

    header: int
    size: int
    expanded: int
    values: int
    encoding: int | None


def pages(file: IO[bytes], begin: int, end: int, values: int) -> Iterator[Page]:
    """Yield the pages of a column chunk, as Arrow reads them.

    Args:
        file: The file.
        begin: Where the chunk begins.
        end: Where it ends.
        values: Number of its values, after which no page is read.

    Raises:
        ValueError: If a header is damaged.
    """
    seen = 0
    while begin < end and seen < values:
        header, length = _header(file, begin, end)
        page = _page(header, length)
        yield page
        seen += page.values
        begin += page.header + page.size


def _page(header: dict[int, Any], length: int) -> Page:
    kind, expanded, size = (header.get(field) for field in (1, 2, 3))
    details, encoding = {}, None
    if kind in VALUES_OF:
        details = header.get(VALUES_OF[kind])
        if not isinstance(details, dict):
            raise ValueError("a page header is not complete")
        encoding = details.get(ENCODING_OF[kind])
    values = _count(details.get(1, 0))
    return Page(
        length, _count(size), _count(expanded), values if kind != 2 else 0, encoding
    )


def _count(value: Any) -> int:
    if isinstance(value, int) and value >= 0:
        return value
    raise ValueError("a page header lacks a size, or it is below 0")


def _header(file: IO[bytes], begin: int, end: int) -> tuple[dict[int, Any], int]:
    """Return the fields of a page header, and its length in bytes."""
    window = WINDOW
    while True:
        file.seek(begin)
        content = file.read(min(window, end - begin))
        try:
            reader = _Reader(content)
            return reader.struct(), reader.at
        except IndexError as fault:
            if window >= min(LARGEST_HEADER, end - begin):
                raise ValueError("a page header is cut off") from fault
        window = LARGEST_HEADER


class _Reader:
    """Reader of Thrift's compact protocol; `IndexError` if bytes are missing."""

    def __init__(self, content: bytes):
        self.content, self.at = content, 0

    def struct(self, depth: int = 0) -> dict[int, Any]:
        """Return 32-bit integers and structs by the number of their field, no others."""
        fields: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            step, kind = head >> 4, head & 15
            number = number + step if step else self._integer()
            value = self._value(kind, depth)
            if value is not None:
                fields[number] = value
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise ValueError("a page header is nested too deeply")
        match kind:
            case 1 | 2:  # the booleans
                return None
            case 3:
                self._byte()
            case 4 | 6:
                self._varint()
            case 5:
                return self._integer()
            case 7:
                self._skip(8)
            case 8:
                self._skip(self._varint())
            case 9 | 10:
                head = self._byte()
                count = self._varint() if head >> 4 == 15 else head >> 4
                for _ in range(count):
                    self._element(head & 15, depth)
            case 11:
                if count := self._varint():
                    kinds = self._byte()
                    for _ in range(count):
                        self._element(kinds >> 4, depth)
                        self._element(kinds & 15, depth)
            case 12:
                return self.struct(depth + 1)
            case _:
                raise ValueError(f"a page header has a field of type {kind}")
        return None

    def _element(self, kind: int, depth: int) -> None:
        """Skip an element of a list; here a boolean takes a byte."""
        if kind in (1, 2):
            self._byte()
        else:
            self._value(kind, depth + 1)

    def _byte(self) -> int:
        self.at += 1
        return self.content[self.at - 1]

    def _skip(self, count: int) -> None:
        self.at += count
        if self.at > len(self.content):
            raise IndexError

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
            if shift > 63:
                raise ValueError("a page header has an integer of more than 64 bits")

    def _integer(self) -> int:
        """Return a signed integer, of zigzag encoding."""
        value = self._varint()
        return (value >> 1) ^ -(value & 1)
