"""Signal handling: a signal waits until the run is saved, or ends the process at once.

Only the handler of `raising` raises. During an import of compiled code an exception may
crash Python, and during garbage collection it is swallowed.
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
"""The signals that ask a process to end. In order, they come from Ctrl-C, a shutdown, a
closed terminal, and Slurm before it kills a job whose time is over."""
SHOW_CURSOR = b"\x1b[?25h"
"""Shows the cursor that a live bar has hidden (ECMA-48; DECTCEM)."""

_active_runs: list["RunDir"] = []
"""The runs in `resumable`, the innermost last."""


def end_at_once() -> None:
    """Let signals end the process, with a line that says whether a run is saved."""
    for number in _stopping():
        signal.signal(number, _end)


def _stopping() -> list[signal.Signals]:
    """Return the signals to handle; `nohup` ignores SIGHUP, and so does kerasdl then."""
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return [n for n in STOPPING if not (ignored and n is signal.SIGHUP)]


def _end(number: int, _: Any) -> NoReturn:
    run = _active_runs[-1] if _active_runs else None
    if run and _is_saved(run):
        _exit(
            InterruptedRunError.exit_code,
            f"stopped: {run.path} is saved — kerasdl resume {run.path}",
        )
    _exit(128 + number, "stopped: nothing to resume from")


def _exit(code: int, line: str) -> NoReturn:
    for descriptor in (1, 2):
        with contextlib.suppress(OSError):  # either may be closed
            if os.isatty(descriptor):
                os.write(descriptor, SHOW_CURSOR)
    with contextlib.suppress(OSError):
        os.write(2, f"{printable(line)}\n".encode(errors="backslashreplace"))
    os._exit(code)


@contextlib.contextmanager
def raising() -> Iterator[None]:
    """Let signals raise `KeyboardInterrupt`, and end the process after the cleanup.

    For code that waits for child processes, or must not leave files behind.
    """
    received: list[int] = []

    def interrupt(number: int, _: Any) -> NoReturn:
        received.append(number)
        raise KeyboardInterrupt

    former = {number: signal.signal(number, interrupt) for number in _stopping()}
    try:
        yield
    except KeyboardInterrupt:
        if received:
            _end(received[0], None)
        raise
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def deferred() -> Iterator[Callable[[], str]]:
    """Yield a function that returns which signal was received, or an empty string.

    A second signal ends the process at once; the last checkpoint is kept.
    """
    received: list[str] = []

    def note(number: int, _: Any) -> None:
        if received:
            _end(number, None)
        received.append(f"received {signal.Signals(number).name}")

    former = {number: signal.signal(number, note) for number in _stopping()}
    try:
        yield lambda: received[0] if received else ""
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def resumable(run: "RunDir") -> Iterator[None]:
    """Add the command that resumes the run to the error, if a signal stops it."""
    hint = f"kerasdl resume {run.path}"
    _active_runs.append(run)
    try:
        yield
    except InterruptedRunError as stop:
        raise InterruptedRunError(stop.what, hint) from stop
    except KeyboardInterrupt as stop:  # if `end_at_once` was not called
        if not _is_saved(run):
            raise
        raise InterruptedRunError(f"{run.path} is saved", hint) from stop
    finally:
        _active_runs.pop()


def _is_saved(run: "RunDir") -> bool:
    return any(run.checkpoints.glob("step-*"))
