"""What every verb shares: `--json`, `--debug`, and how faults are reported."""

import functools
import sys
import traceback
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click

from kerasdl.cli.printing import say
from kerasdl.errors import KerasDLError, ModelFileError, StorageError
from kerasdl.storage import to_json

if TYPE_CHECKING:
    from kerasdl.backend import Selection
    from kerasdl.rundir import RunDir


def verb(function: Callable[..., Any]) -> Callable[..., None]:
    """Give a verb `--json` and `--debug`.

    The function returns what `--json` prints on stdout; told `as_json`, it prints
    nothing there itself.
    """

    @click.option("--json", "as_json", is_flag=True, help="Machine output on stdout.")
    @click.option("--debug", is_flag=True, help="Show tracebacks.")
    @functools.wraps(function)
    def command(*, as_json: bool, debug: bool, **arguments: Any) -> None:
        try:
            result = function(as_json=as_json, **arguments)
            if as_json:
                say(to_json(result))
            if sys.stdout:  # it may be closed
                sys.stdout.flush()
        except KerasDLError as fault:
            _report(fault.lines(), debug, fault.title)
            sys.exit(fault.exit_code)
        except (click.ClickException, click.Abort, BrokenPipeError):
            raise
        except OSError as fault:
            what = (
                f"cannot read or write {fault.filename or 'output'}: {fault.strerror}"
            )
            _report([f"{what} — check the place and its free space"], debug)
            sys.exit(StorageError.exit_code)
        except Exception as fault:  # noqa: BLE001  whatever is left is a bug of ours
            what = f"unexpected {type(fault).__name__}: {fault}"
            hint = "this is a bug; run again with --debug and report what it shows"
            _report([" ".join(f"{what} — {hint}".split())], debug)
            sys.exit(1)

    return command


def _report(lines: list[str], debug: bool, title: str = "error") -> None:
    if debug:
        say(traceback.format_exc().rstrip(), err=True)
    for line in lines:
        say(f"{title}: {line}", err=True)


def backend_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb `--backend`."""
    text = "jax, torch or tensorflow; else KERAS_BACKEND, else the first installed."
    return click.option("--backend", metavar="B", help=text)(function)


def select(name: str | None, trained_with: str | None = None) -> "Selection":
    """Select the backend, as `kerasdl.backend.select` does, and warn of settings."""
    from kerasdl import backend

    selection = backend.select(name, trained_with)
    warn(selection.overruled)
    return selection


def warn(lines: Iterable[str]) -> None:
    """Print what should be known on stderr, whatever stdout is for."""
    for line in lines:
        say(f"warning: {line}", err=True)


def trust_edits_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb `--trust-edits`."""
    text = "Use a run though files of it were changed by hand."
    return click.option("--trust-edits", is_flag=True, help=text)(function)


def check_seal(run: "RunDir", trust_edits: bool) -> list[str]:
    """Return the files of a run that were changed since it was written, being trusted.

    Raises:
        ModelFileError: If there are some, and they shall not be trusted.
    """
    edited = run.edited()
    if edited is None:
        warn(
            [
                f"{run.path} is not sealed: it still runs, was killed, or is of an older version"
            ]
        )
        return []
    if edited and not trust_edits:
        what = f"{', '.join(edited)} of {run.path} changed since the run was written"
        raise ModelFileError(what, "bring it back, or --trust-edits")
    warn(f"{name} of {run.path} was changed, and is trusted" for name in edited)
    return edited
