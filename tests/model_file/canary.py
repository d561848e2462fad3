"""What tells that reading a file did more than read it."""

import contextlib
import functools
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HARM = (
    "ctypes.dlopen",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.remove",
    "os.rename",
    "os.symlink",
    "os.system",
    "pickle.find_class",
    "shutil.",
    "socket.",
    "subprocess.Popen",
    "urllib.Request",
)
"""Audit events of Python, or what they begin with."""
TOUCHED = "touched"
"""A file that hostile code would write."""


class Canary:
    """A server that nobody may ask, and a folder that nobody may write to.

    HDF5 does not tell Python what it opens, so there is a pipe as well: who opens it
    waits for ever.
    """

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.setblocking(False)
        self.url = f"http://127.0.0.1:{self.server.getsockname()[1]}/archive.tar.gz"
        self.pipe = Path("pipe").absolute()
        os.mkfifo(self.pipe)

    @contextlib.contextmanager
    def quiet(self) -> Iterator[None]:
        """Check that the body writes no file, and opens no socket and no process."""
        before = listing()
        with harm_done() as events:
            yield
        assert not events, events
        self.assert_nothing_came_of_it(before)

    def assert_nothing_came_of_it(self, before: list[str]) -> None:
        assert listing() == before
        with pytest.raises(BlockingIOError):
            self.server.accept()


def listing() -> list[str]:
    return sorted(map(str, Path().rglob("*")))


@contextlib.contextmanager
def harm_done() -> Iterator[list[str]]:
    """Yield what will hold the audit events that do harm."""
    listeners = hook()
    listeners.append(events := [])
    try:
        yield events
    finally:
        listeners.remove(events)


@functools.cache  # a hook stays for the life of the process
def hook() -> list[list[str]]:
    listeners: list[list[str]] = []

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if not listeners:
            return
        writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if writes or event.startswith(HARM):
            for events in listeners:
                events.append(event)

    sys.addaudithook(hear)
    return listeners
