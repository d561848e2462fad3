"""Bounded reading of untrusted files.

The cost of reading a file is bounded by its bytes on disk.
"""

import contextlib
import errno
import json
import os
import stat
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import IO, Any

from kerasdl.errors import UnsafeError

MAX_EXPANDED = 1 << 26
"""Bytes that a file may always claim or expand to."""
MAX_RATIO = 20
"""A larger file may claim or expand to this multiple of its bytes on disk."""
MAX_ENTRIES = 100_000
"""Limit on files and folders in a folder."""
MAX_JSON_BYTES = 1 << 26
MAX_JSON_VALUES = 4_000_000
"""Limit on commas and brackets in JSON; each may take a hundred bytes of memory."""


def open_file(path: Path, may_be_sparse: bool = False) -> IO[bytes]:
    """Open a regular file, or a link to one, for reading.

    Args:
        path: The file.
        may_be_sparse: Whether it may claim far more bytes than it holds, since it is not
            read whole.

    Raises:
        OSError: If it is missing or cannot be read.
        UnsafeError: If it is a pipe, a device, a socket, or a sparse file that claims
            far more bytes than it holds and may not.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(status.st_mode):
            raise UnsafeError(f"{path} is not a regular file", "use a regular file")
        size = status.st_size
        is_large = size > MAX_EXPANDED and not may_be_sparse
        if is_large and is_bomb(size, _allocated_bytes(descriptor, size)):
            what = f"{path} claims {size:,} bytes, most of which are missing"
            raise UnsafeError(what, "do not use it")
    except BaseException:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def is_bomb(claimed: int, actual: int) -> bool:
    """Return whether the claimed bytes are far more than the actual ones."""
    return claimed > MAX_EXPANDED and claimed > MAX_RATIO * actual


def _allocated_bytes(descriptor: int, size: int) -> int:
    """Return the bytes of a file outside holes, and rewind it.

    Does not use `st_blocks`: some file systems leave it at 0, and others compress.
    """
    actual = end = 0
    while end < size:
        try:
            begin = os.lseek(descriptor, end, os.SEEK_DATA)
            end = os.lseek(descriptor, begin, os.SEEK_HOLE)
        except OSError as fault:
            if fault.errno != errno.ENXIO:  # the file system does not report holes
                actual = size
            break  # ENXIO: only a hole is left
        actual += end - begin
    os.lseek(descriptor, 0, os.SEEK_SET)
    return actual


def read_bytes(path: Path, most: int) -> bytes:
    """Return the content of a file of at most `most` bytes.

    Raises:
        OSError: If it is missing or cannot be read.
        UnsafeError: As `open_file`, or if it is longer.
    """
    with open_file(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise UnsafeError(f"{path} is longer than {most:,} bytes", "do not use it")
    return content


def read_json(path: Path) -> Any:
    """Return the value in a JSON file.

    Raises:
        OSError: If it is missing or cannot be read.
        UnsafeError: As `read_bytes` and `parse_json`.
        ValueError: If it is not JSON.
    """
    return parse_json(read_bytes(path, MAX_JSON_BYTES), str(path))


def parse_json(
    content: bytes,
    name: str,
    most: int = MAX_JSON_VALUES,
    hook: Callable[[list[tuple[str, Any]]], Any] | None = None,
) -> Any:
    """Return the value of JSON with a bounded number of values.

    Args:
        content: The JSON.
        name: Where it is from, for messages.
        most: How many values it may hold.
        hook: Makes a table of its keys and values; None makes a `dict`.

    Raises:
        UnsafeError: If it holds more than `most` values, or is nested too deeply for
            Python.
        ValueError: If it is not JSON.
    """
    if most_values(content) > most:
        what = f"{name} holds more than {most:,} values"
        raise UnsafeError(what, "do not use it")
    try:
        return json.loads(content, object_pairs_hook=hook)
    except RecursionError as fault:
        raise UnsafeError(f"{name} is nested too deeply", "do not use it") from fault


def most_values(content: bytes) -> int:
    """Return an upper bound on the values in JSON: its commas and brackets."""
    return sum(map(content.count, (b",", b"[", b"{")))


def check_folder(path: Path, appended: Collection[str] = ()) -> None:
    """Check that a folder holds only regular files and folders.

    Args:
        path: The folder, which may itself be a link.
        appended: Names of files that are written in place.

    Raises:
        OSError: If it cannot be listed.
        UnsafeError: If it holds a link, pipe, device or socket, a file of `appended`
            with another hard link, or more than `MAX_ENTRIES` entries.
    """
    for count, entry in enumerate(_entries(path)):
        if count == MAX_ENTRIES:
            what = f"{path} holds more than {MAX_ENTRIES} files"
            raise UnsafeError(what, "it is not a run directory")
        if reason := _unsafe_kind(entry, appended):
            what = f"{entry.path} is {reason}, which no run writes"
            raise UnsafeError(what, "remove it, or do not use this run")


def _entries(path: Path) -> Iterator[os.DirEntry]:
    """Yield the entries of a directory, recursively."""
    folders: list[Path | str] = [path]
    while folders:
        with (
            contextlib.suppress(FileNotFoundError),
            os.scandir(folders.pop()) as entries,
        ):
            for entry in entries:
                yield entry
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)


def _unsafe_kind(entry: os.DirEntry, appended: Collection[str]) -> str | None:
    """Return what an entry is if it may lead out of its directory, or None."""
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None  # removed by the process that works on the run
    if stat.S_ISLNK(status.st_mode):
        return "a symbolic link"
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        return "neither a file nor a folder"
    if entry.name in appended and status.st_nlink > 1:
        return "a file that has another name elsewhere"
    return None
