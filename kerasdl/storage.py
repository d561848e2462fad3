"""The only module that writes files: whole or not at all."""

import contextlib
import errno
import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kerasdl.errors import StorageError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextlib.contextmanager
def _storage_faults(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        mend = "free some space" if fault.errno in FULL else "choose a writable place"
        raise StorageError(f"cannot write {path}: {fault.strerror}", mend) from fault


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it replaces `path` at once.

    The temporary file keeps the suffix of `path`, which some writers insist on. If the
    body raises, `path` stays as it was.

    Raises:
        StorageError: If the disk refuses.
    """
    temporary = path.with_name(f".tmp-{os.getpid()}-{path.name}")
    with _storage_faults(path):
        try:
            yield temporary
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
            _sync_directory(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a whole file.

    Raises:
        StorageError: If the disk refuses.
    """
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write a value as a whole JSON file."""
    write_text(path, to_json(value, indent=2) + "\n")


def to_json(value: Any, indent: int | None = None) -> str:
    """Return strict JSON, with null for NaN and infinities, which JSON lacks."""
    return json.dumps(_strict(value), indent=indent, allow_nan=False)


def _strict(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _strict(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def append_json_line(path: Path, value: Any) -> None:
    """Append a value as one line of a JSON Lines file."""
    line = to_json(value) + "\n"
    with _storage_faults(path), path.open("a", encoding="utf-8") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def make_directory(path: Path) -> bool:
    """Create a directory and its parents; return whether it was not there before."""
    with _storage_faults(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.mkdir()
        except FileExistsError:
            return False
        return True
