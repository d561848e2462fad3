"""Signals that wait until a run is saved, or end the process at once.

Nothing is raised from a handler: in the middle of an import of compiled code that may
crash Python, and what is called by its garbage collector swallows it.
"""

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from kerasdl.errors import InterruptedRunError, printable

if TYPE_CHECKING:
    from kerasdl.rundir import RunDir

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)
"""What asks a process to end: a key, a system that shuts down, a terminal that closes,
and Slurm, before it kills a job whose time is over."""
SHOW_CURSOR = b"\x1b[?25h"
"""What a live bar has hidden (ECMA-48; DECTCEM)."""

_worked_on: list["RunDir"] = []
"""The runs that `resumable` holds, the innermost last."""


def end_at_once() -> None:
    """Let signals end the process, with a line that says whether a run is saved."""
    for number in _stopping():
        signal.signal(number, _end)


def _stopping() -> list[signal.Signals]:
    """Return the signals that are not ignored, as `nohup` ignores that of a terminal."""
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return [n for n in STOPPING if not (ignored and n is signal.SIGHUP)]


def _end(number: int, _: Any) -> NoReturn:
    run = _worked_on[-1] if _worked_on else None
    if run and _is_saved(run):
        _leave(
            InterruptedRunError.exit_code,
            f"stopped: what {run.path} learned is saved — kerasdl resume {run.path}",
        )
    _leave(128 + number, "stopped: nothing to resume from")


def _leave(code: int, line: str) -> NoReturn:
    for descriptor in (1, 2):
        with contextlib.suppress(OSError):  # either may be closed
            if os.isatty(descriptor):
                os.write(descriptor, SHOW_CURSOR)
    with contextlib.suppress(OSError):
        os.write(2, f"{printable(line)}\n".encode(errors="backslashreplace"))
    os._exit(code)


@contextlib.contextmanager
def raising() -> Iterator[None]:
    """Let signals raise `KeyboardInterrupt` until all is cleaned up, and then end.

    For who waits for processes of his own, or must not leave files behind.
    """
    came: list[int] = []

    def interrupt(number: int, _: Any) -> NoReturn:
        came.append(number)
        raise KeyboardInterrupt

    former = {number: signal.signal(number, interrupt) for number in _stopping()}
    try:
        yield
    except KeyboardInterrupt:
        if came:
            _end(came[0], None)
        raise
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def deferred() -> Iterator[Callable[[], str]]:
    """Yield a function that names the signal that arrived, if any.

    A second signal ends the process at once; the last checkpoint stays.
    """
    caught: list[str] = []

    def note(number: int, _: Any) -> None:
        if caught:
            _end(number, None)
        caught.append(f"{signal.Signals(number).name} came")

    former = {number: signal.signal(number, note) for number in _stopping()}
    try:
        yield lambda: caught[0] if caught else ""
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def resumable(run: "RunDir") -> Iterator[None]:
    """Say how to go on with a run that a signal ends, if it has been saved."""
    hint = f"kerasdl resume {run.path}"
    _worked_on.append(run)
    try:
        yield
    except InterruptedRunError as stop:
        raise InterruptedRunError(stop.what, hint) from stop
    except KeyboardInterrupt as stop:  # where `end_at_once` was not called
        if not _is_saved(run):
            raise
        raise InterruptedRunError(f"what {run.path} learned is saved", hint) from stop
    finally:
        _worked_on.pop()


def _is_saved(run: "RunDir") -> bool:
    return any(run.checkpoints.glob("step-*"))
