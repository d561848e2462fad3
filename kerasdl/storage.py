"""The only module that writes files; all writes but appends are atomic.

All changes to the disk go through `os`, by that name in this module.
"""

import contextlib
import errno
import fcntl
import json
import math
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kerasdl.errors import LockedError, StorageError, UnsafeError

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
UNSUPPORTED = (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
"""Errors by which network mounts, CIFS and FUSE refuse to sync a directory."""
MAX_LINE_BYTES = 1 << 24
BLOCK = 1 << 16
"""Bytes per read from the end of a file."""
TEMPORARY = ".tmp-"
"""Prefix of the names of unfinished files, which nothing reads."""
_unsynced: list[Path] = []
"""The first directory that could not be synced."""


@contextlib.contextmanager
def _storage_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        hint = (
            "free some space" if fault.errno in DISK_FULL else "choose a writable place"
        )
        raise StorageError(f"cannot write {path}: {fault.strerror}", hint) from fault


def _sync(path: Path) -> None:
    """Wait until the content of a file, or the names in a directory, are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as fault:
        if fault.errno not in UNSUPPORTED or not path.is_dir():
            raise
        if not _unsynced:
            _unsynced.append(path)
    finally:
        os.close(descriptor)


def unsynced() -> str | None:
    """Return a warning, once, if a power loss may lose the newest files."""
    if not _unsynced:
        return None
    line = (
        f"{_unsynced[0]} is on a mount that does not sync directories: a power loss may "
        "lose the newest files"
    )
    _unsynced.clear()
    return line


def _temporary(path: Path) -> Path:
    return path.with_name(f"{TEMPORARY}{os.getpid()}-{path.name}")


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path; on success, the file there atomically replaces `path`.

    The temporary file is in the same directory, and keeps the suffix of `path`, which
    some writers require. If the body raises, `path` stays unchanged.

    Raises:
        StorageError: If writing fails.
    """
    temporary = _temporary(path)
    with _storage_errors(path):
        try:
            yield temporary
            _sync(temporary)
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
            raise
        _sync(path.parent)


def write_directory(path: Path, files: dict[str, bytes]) -> None:
    """Write a new directory; it appears whole or not at all.

    Args:
        path: The directory, which must not exist.
        files: File name to content, in the order of writing; a name may have a folder.

    Raises:
        StorageError: If writing fails; nothing is left behind.
    """
    temporary = _temporary(path)
    with _storage_errors(path):
        try:
            os.mkdir(temporary)
            for name, content in files.items():
                (temporary / name).parent.mkdir(exist_ok=True)
                _write(temporary / name, content)
                _sync(temporary / name)
            _sync(temporary)
            os.rename(temporary, path)
        except BaseException:
            _remove(temporary)
            raise
        _sync(path.parent)


def remove_file(path: Path) -> None:
    """Remove a file if it exists."""
    with _storage_errors(path):
        _remove(path)
        _sync(path.parent)


def remove_directory(path: Path) -> None:
    """Remove a directory of files atomically.

    Raises:
        StorageError: If writing fails.
    """
    hidden = _temporary(path)
    with _storage_errors(path):
        os.rename(path, hidden)
        _sync(path.parent)
        _remove(hidden)


def remove_leftovers(path: Path) -> None:
    """Remove the temporary files of killed writers from a directory."""
    with _storage_errors(path):
        for leftover in path.glob(f"{TEMPORARY}*"):
            _remove(leftover)


def _remove(path: Path) -> None:
    """Remove a file, or a directory with all that it holds, if it exists."""
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(mode):  # a link to a directory is not one
        os.unlink(path)
        return
    for file in path.iterdir():
        _remove(file)
    os.rmdir(path)


def _write(path: Path, content: bytes, flags: int = os.O_TRUNC) -> None:
    flags |= os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW
    descriptor = os.open(path, flags, 0o666)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    finally:
        os.close(descriptor)


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically.

    Raises:
        StorageError: If writing fails.
    """
    with replacing(path) as temporary:
        _write(temporary, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write a value as a JSON file atomically."""
    write_text(path, to_json(value, indent=2) + "\n")


def to_json(value: Any, indent: int | None = None) -> str:
    """Return strict JSON, with null for NaN and infinities, which JSON lacks."""
    return json.dumps(_null_for_non_finite(value), indent=indent, allow_nan=False)


def _null_for_non_finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _null_for_non_finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_null_for_non_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def append_json_line(path: Path, value: Any) -> None:
    """Append a value as one line of a JSON Lines file."""
    with _storage_errors(path):
        new = not path.exists()
        _write(path, (to_json(value) + "\n").encode(), os.O_APPEND)
        _sync(path)
        if new:
            _sync(path.parent)


def write_json_lines(path: Path, values: list) -> None:
    """Write a JSON Lines file atomically."""
    write_text(path, "".join(to_json(value) + "\n" for value in values))


def drop_torn_line(path: Path) -> None:
    """Drop an incomplete last line, left by a killed writer; the file may not exist."""
    if not path.exists():
        return
    with _storage_errors(path):
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            end = os.lseek(descriptor, 0, os.SEEK_END)
            whole = _after_last_newline(descriptor, end)
            if whole < end:
                os.ftruncate(descriptor, whole)
                os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _after_last_newline(descriptor: int, end: int) -> int:
    """Return the position after the last newline of a file, searched from its end.

    Raises:
        UnsafeError: If the last line is longer than `MAX_LINE_BYTES`.
    """
    limit = max(0, end - MAX_LINE_BYTES)
    while end > 0:
        if end <= limit:
            what = f"a log ends in more than {MAX_LINE_BYTES:,} bytes without a newline"
            raise UnsafeError(what, "do not use this run")
        begin = max(0, end - BLOCK)
        os.lseek(descriptor, begin, os.SEEK_SET)
        newline = os.read(descriptor, end - begin).rfind(b"\n")
        if newline >= 0:
            return begin + newline + 1
        end = begin
    return 0


def make_directory(path: Path) -> bool:
    """Create a directory and its parents, and return whether it is new."""
    with _storage_errors(path):
        if not path.parent.exists():
            make_directory(path.parent)
        try:
            os.mkdir(path)
        except FileExistsError:
            return False
        _sync(path.parent)
        return True


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the exclusive lock of a directory.

    The system releases it when the process ends.

    Raises:
        LockedError: If another process holds it.
        StorageError: If writing fails.
    """
    with _storage_errors(path):
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
        descriptor = os.open(path / ".lock", flags, 0o666)
    try:
        try:
            # Unlike `flock`, not shared with the children that a data loader starts.
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError) as fault:
            holder = os.read(descriptor, 32).decode(errors="replace") or "another"
            what = f"{path} is in use by process {holder}"
            raise LockedError(what, "wait until it ends, or stop it") from fault
        except OSError as fault:  # such as NFS without a lock daemon
            what = f"cannot lock {path / '.lock'}: {fault.strerror}"
            raise StorageError(what, "choose a place on a local disk") from fault
        with _storage_errors(path):
            os.ftruncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        os.close(descriptor)
