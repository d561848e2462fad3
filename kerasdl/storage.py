"""The only module that writes files: whole or not at all.

Every change of the disk goes through `os`, by that name in this module.
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

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
UNSUPPORTED = (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
"""What shared folders, CIFS and FUSE may answer when a directory shall be synced."""
LONGEST_LINE = 1 << 24
BLOCK = 1 << 16
"""Bytes read at a time from the end of a file."""
TEMPORARY = ".tmp-"
"""How the names of what is being written begin; nobody reads such files."""
_unsynced: list[Path] = []
"""Directories that could not be synced."""


@contextlib.contextmanager
def _storage_faults(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        hint = "free some space" if fault.errno in FULL else "choose a writable place"
        raise StorageError(f"cannot write {path}: {fault.strerror}", hint) from fault


def _sync(path: Path) -> None:
    """Wait until a file's content, or a directory's names, are on the disk."""
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
    """Return a line if names of files may be lost with the power, once, or None."""
    if not _unsynced:
        return None
    line = (
        f"{_unsynced[0]} is on a mount that syncs no directories: a loss of power may "
        "cost the newest files"
    )
    _unsynced.clear()
    return line


def _temporary(path: Path) -> Path:
    return path.with_name(f"{TEMPORARY}{os.getpid()}-{path.name}")


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it replaces `path` at once.

    The temporary file keeps the suffix of `path`, which some writers insist on. If the
    body raises, `path` stays as it was.

    Raises:
        StorageError: If the disk refuses.
    """
    temporary = _temporary(path)
    with _storage_faults(path):
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
    """Write a directory that did not exist; it appears whole or not at all.

    Args:
        path: The directory.
        files: The content of each file, in the order of writing.

    Raises:
        StorageError: If the disk refuses; nothing is left behind.
    """
    temporary = _temporary(path)
    with _storage_faults(path):
        try:
            os.mkdir(temporary)
            for name, content in files.items():
                _write(temporary / name, content)
                _sync(temporary / name)
            _sync(temporary)
            os.rename(temporary, path)
        except BaseException:
            _remove(temporary)
            raise
        _sync(path.parent)


def remove_file(path: Path) -> None:
    """Remove a file, if it is there."""
    with _storage_faults(path):
        _remove(path)
        _sync(path.parent)


def remove_directory(path: Path) -> None:
    """Remove a directory of files; it disappears at once.

    Raises:
        StorageError: If the disk refuses.
    """
    hidden = _temporary(path)
    with _storage_faults(path):
        os.rename(path, hidden)
        _sync(path.parent)
        _remove(hidden)


def remove_leftovers(path: Path) -> None:
    """Remove from a directory what writers that were killed left behind."""
    with _storage_faults(path):
        for left in path.glob(f"{TEMPORARY}*"):
            _remove(left)


def _remove(path: Path) -> None:
    """Remove a file, or a directory of files, if it is there."""
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(mode):  # a link to a directory is none
        os.unlink(path)
        return
    for file in path.iterdir():
        os.unlink(file)
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
    """Write a whole file.

    Raises:
        StorageError: If the disk refuses.
    """
    with replacing(path) as temporary:
        _write(temporary, text.encode())


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
    with _storage_faults(path):
        new = not path.exists()
        _write(path, (to_json(value) + "\n").encode(), os.O_APPEND)
        _sync(path)
        if new:
            _sync(path.parent)


def write_json_lines(path: Path, values: list) -> None:
    """Write a whole JSON Lines file."""
    write_text(path, "".join(to_json(value) + "\n" for value in values))


def drop_torn_line(path: Path) -> None:
    """Drop a last line that a writer was killed amid; there may be no file."""
    if not path.exists():
        return
    with _storage_faults(path):
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
    """Return the place behind the last newline of a file, read from its end.

    Raises:
        UnsafeError: If the last line is longer than any that is written.
    """
    least = max(0, end - LONGEST_LINE)
    while end > 0:
        if end <= least:
            what = f"a log ends in more than {LONGEST_LINE:,} bytes without a line end"
            raise UnsafeError(what, "do not use this run")
        begin = max(0, end - BLOCK)
        os.lseek(descriptor, begin, os.SEEK_SET)
        found = os.read(descriptor, end - begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        end = begin
    return 0


def make_directory(path: Path) -> bool:
    """Create a directory and its parents; return whether it was not there before."""
    with _storage_faults(path):
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
    """Hold a directory alone; the system lets go of it when the process ends.

    Raises:
        LockedError: If another process holds it.
        StorageError: If the disk refuses.
    """
    with _storage_faults(path):
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
        with _storage_faults(path):
            os.ftruncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        os.close(descriptor)
