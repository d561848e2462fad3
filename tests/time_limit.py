"""A limit to what a test's step may take, for files that are drawn at random."""

import contextlib
import signal
from collections.abc import Iterator
from typing import Any


class HangError(BaseException):
    """A step took longer than it may."""


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise `HangError` in a block that takes longer."""

    def hang(*_: Any) -> None:
        raise HangError

    former = signal.signal(signal.SIGALRM, hang)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)
