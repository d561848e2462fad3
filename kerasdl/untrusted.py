"""Reading files that may be a stranger's: of a known kind, of a length that fits.

What a file may cost to read is bounded by the bytes that are really there.
"""

import contextlib
import errno
import json
import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, Any

from kerasdl.errors import UnsafeError

MAX_EXPANDED = 1 << 26
"""Bytes that a file may claim or expand to, however few are on the disk."""
MAX_RATIO = 20
"""How many times the bytes on the disk it may be beyond that."""
MAX_ENTRIES = 100_000
"""Files and folders in a folder."""
MAX_JSON_BYTES = 1 << 26
MAX_JSON_VALUES = 4_000_000
"""Commas and brackets in a JSON file; each may take a hundred bytes of memory."""


def open_file(path: Path) -> IO[bytes]:
    """Open a regular file for reading; a link to one is opened, too.

    Raises:
        OSError: If it is missing or cannot be read.
        UnsafeError: If it is a pipe, a device or a socket, or a sparse file that claims
            far more than it holds.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(status.st_mode):
            raise UnsafeError(f"{path} is no regular file", "give a regular file")
        size = status.st_size
        if size > MAX_EXPANDED and is_bomb(size, _bytes_there(descriptor, size)):
            what = f"{path} claims {size:,} bytes, most of which are not there"
            raise UnsafeError(what, "do not use it")
    except BaseException:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def is_bomb(claimed: int, there: int) -> bool:
    """Tell whether bytes claim to be far more than are there."""
    return claimed > MAX_EXPANDED and claimed > MAX_RATIO * there


def _bytes_there(descriptor: int, size: int) -> int:
    """Return the bytes of a file that are no holes; its place is the beginning again.

    Not from `st_blocks`, which some file systems leave at 0, and others compress.
    """
    there = end = 0
    while end < size:
        try:
            begin = os.lseek(descriptor, end, os.SEEK_DATA)
            end = os.lseek(descriptor, begin, os.SEEK_HOLE)
        except OSError as fault:
            if fault.errno != errno.ENXIO:  # a file system that knows of no holes
                there = size
            break  # or only a hole is left
        there += end - begin
    os.lseek(descriptor, 0, os.SEEK_SET)
    return there


def read_bytes(path: Path, most: int) -> bytes:
    """Return the content of a file of at most so many bytes.

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
    """Return what a JSON file holds.

    Raises:
        OSError: If it is missing or cannot be read.
        UnsafeError: As `read_bytes` and `parse_json`.
        ValueError: If it is no JSON.
    """
    return parse_json(read_bytes(path, MAX_JSON_BYTES), str(path))


def parse_json(content: bytes, name: str, most: int = MAX_JSON_VALUES) -> Any:
    """Return what JSON of a bounded number of values holds.

    Raises:
        UnsafeError: If it holds more than `most` values, or is nested more deeply than
            Python can follow.
        ValueError: If it is no JSON.
    """
    if most_values(content) > most:
        what = f"{name} holds more than {most:,} values"
        raise UnsafeError(what, "do not use it")
    try:
        return json.loads(content)
    except RecursionError as fault:
        raise UnsafeError(f"{name} is nested too deeply", "do not use it") from fault


def most_values(content: bytes) -> int:
    """Return how many values JSON holds at most: its commas and brackets."""
    return sum(map(content.count, (b",", b"[", b"{")))


def check_folder(path: Path, appended: Collection[str] = ()) -> None:
    """Check that a folder holds nothing but files and folders of its own.

    Args:
        path: The folder, which may itself be a link.
        appended: Names of files that change under the name they have.

    Raises:
        OSError: If it cannot be listed.
        UnsafeError: If it holds a link, a pipe, a device or a socket, a file of
            `appended` that is a file elsewhere, too, or more than `MAX_ENTRIES`.
    """
    for count, entry in enumerate(_entries(path)):
        if count == MAX_ENTRIES:
            what = f"{path} holds more than {MAX_ENTRIES} files"
            raise UnsafeError(what, "it is no run directory")
        if reason := _stranger(entry, appended):
            what = f"{entry.path} is {reason}, which no run writes"
            raise UnsafeError(what, "remove it, or do not use this run")


def _entries(path: Path) -> Iterator[os.DirEntry]:
    """Yield what a directory holds, and what the directories in it hold."""
    folders: list[Path | str] = [path]
    while folders:
        with contextlib.suppress(FileNotFoundError), os.scandir(folders.pop()) as found:
            for entry in found:
                yield entry
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)


def _stranger(entry: os.DirEntry, appended: Collection[str]) -> str | None:
    """Return what an entry is if it may lead out of its directory, or None."""
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None  # who works on the run has removed it
    if stat.S_ISLNK(status.st_mode):
        return "a symbolic link"
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        return "neither a file nor a folder"
    if entry.name in appended and status.st_nlink > 1:
        return "a file that has another name elsewhere"
    return None
