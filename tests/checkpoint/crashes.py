"""A disk that forgets what nobody told it to keep, and a process that is killed."""

import os
import signal
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

CHANGES = ("mkdir", "write", "fsync", "replace", "rename", "unlink", "rmdir", "open")
"""The calls of `os` between which a crash is tried."""


Keep = Callable[[Path], bool]


class RecordingDisk:
    """Stands in for `os` in `kerasdl.storage`, and notes every change it makes."""

    def __init__(self) -> None:
        self.changes: list[tuple] = []
        self._paths: dict[int, str] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def open(self, path: Any, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_CREAT and not os.path.exists(path):
            self.changes.append(("create", str(path)))
        descriptor = os.open(path, flags, mode)
        self._paths[descriptor] = str(path)
        return descriptor

    def write(self, descriptor: int, content: Any) -> int:
        half = max(1, len(content) // 2)  # the system may write less than it is given
        written = os.write(descriptor, content[:half])
        change = ("write", self._paths[descriptor], bytes(content[:written]))
        self.changes.append(change)
        return written

    def fsync(self, descriptor: int) -> None:
        os.fsync(descriptor)
        self.changes.append(("fsync", self._paths[descriptor]))

    def _named(name: str) -> Any:  # noqa: N805
        def call(self: Any, *paths: Any) -> None:
            getattr(os, name)(*paths)
            self.changes.append((name, *map(str, paths)))

        return call

    mkdir, rmdir, unlink = _named("mkdir"), _named("rmdir"), _named("unlink")
    rename, replace = _named("rename"), _named("replace")


class File:
    """What a file holds, and what of it is sure to survive."""

    def __init__(self, content: bytes = b""):
        self.content = self.kept = content

    def sync(self) -> None:
        self.kept = self.content

    def put(self, path: Path, keep: Keep) -> None:
        path.write_bytes(self.kept)


class Folder:
    """The names in a directory, and those of them that are sure to survive."""

    def __init__(self) -> None:
        self.names: dict[str, File | Folder] = {}
        self.kept: dict[str, File | Folder] = {}

    def sync(self) -> None:
        self.kept = dict(self.names)

    def put(self, path: Path, keep: Keep) -> None:
        """Write what is left, where `keep` says whose names were kept by luck."""
        path.mkdir()
        for name, node in (self.names if keep(path) else self.kept).items():
            node.put(path / name, keep)


def of(path: Path) -> Folder:
    """Return what a directory holds, all of it sure to survive."""
    folder = Folder()
    for entry in path.iterdir():
        node = of(entry) if entry.is_dir() else File(entry.read_bytes())
        folder.names[entry.name] = node
    folder.sync()
    return folder


def copy(folder: Folder) -> Folder:
    """Return the same directory, to be changed by itself."""
    return deepcopy(folder)


def after(root: Path, folder: Folder, changes: list[tuple]) -> None:
    """Make the changes, in memory, below a directory."""

    def node(path: str) -> Any:
        found: Any = folder
        for part in Path(path).relative_to(root).parts:
            found = found.names[part]
        return found

    def pop(path: str) -> Any:
        return node(str(Path(path).parent)).names.pop(Path(path).name)

    def put(path: str, new: Any) -> None:
        node(str(Path(path).parent)).names[Path(path).name] = new

    for kind, path, *rest in changes:
        if kind == "create":
            put(path, File())
        elif kind == "mkdir":
            put(path, Folder())
        elif kind == "write":
            node(path).content += rest[0]
        elif kind == "fsync":
            node(path).sync()
        elif kind in ("rename", "replace"):
            put(rest[0], pop(path))
        else:
            pop(path)


class KillingDisk:
    """Stands in for `os`, and kills its process at the n-th change."""

    def __init__(self, at: int):
        self.left = at

    def __getattr__(self, name: str) -> Any:
        call = getattr(os, name)
        if name not in CHANGES:
            return call

        def counted(*args: Any) -> Any:
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            self.left -= 1
            return call(*args)

        return counted


def in_a_child(act: Callable[[], None]) -> bool:
    """Run a function in a process of its own; return whether it came to its end."""
    child = os.fork()
    if child == 0:
        act()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0 or os.WTERMSIG(status) == signal.SIGKILL
    return status == 0


def counting() -> Iterator[int]:
    """Count up; for `for` loops that end with `break`."""
    number = 0
    while True:
        yield number
        number += 1
