"""Signals that wait until a run is saved, or end it at once."""

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

from kerasdl.errors import InterruptedRunError, Terminated
from kerasdl.rundir import RunDir

STOPPING = (signal.SIGINT, signal.SIGTERM)
SHOW_CURSOR = b"\x1b[?25h"
"""What a live bar has hidden (ECMA-48; DECTCEM)."""


@contextlib.contextmanager
def deferred() -> Iterator[Callable[[], str]]:
    """Yield a function that names the signal that arrived, if any.

    A second signal ends the process at once, without saving anything.
    """
    caught: list[str] = []

    def note(number: int, _: Any) -> None:
        if caught:
            if os.isatty(1):
                os.write(1, SHOW_CURSOR)
            os.write(2, b"stopped at once: the last checkpoint stays\n")
            os._exit(128 + number)
        caught.append(f"{signal.Signals(number).name} came")

    former = {number: signal.signal(number, note) for number in STOPPING}
    try:
        yield lambda: caught[0] if caught else ""
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def resumable(run: RunDir) -> Iterator[None]:
    """Say how to go on with a run that a signal ends, if it has been saved."""
    mend = f"kerasdl resume {run.path}"
    try:
        yield
    except InterruptedRunError as stop:
        raise InterruptedRunError(stop.what, mend) from stop
    except (KeyboardInterrupt, Terminated) as stop:
        if not any(run.checkpoints.glob("step-*")):
            raise
        raise InterruptedRunError(f"what {run.path} learned is saved", mend) from stop
