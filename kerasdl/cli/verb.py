"""Options and error reporting that the commands share."""

import contextlib
import functools
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from kerasdl import manifest
from kerasdl.cli.printing import say
from kerasdl.errors import KerasDLError, StorageError
from kerasdl.storage import to_json

if TYPE_CHECKING:
    from kerasdl.backend import Selection
    from kerasdl.rundir import RunDir


UNUSED_BY_KERAS = ("matplotlib", "pandas", "IPython", "sklearn")
"""Packages that Keras imports, and needs for no command of any backend."""


def verb(function: Callable[..., Any]) -> Callable[..., None]:
    """Add `--json` and `--debug` to a command, and report its errors.

    The function returns the value that `--json` prints. With `as_json`, it must not
    print to stdout itself.
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
            _report([f"{what} — check the path and its free space"], debug)
            sys.exit(StorageError.exit_code)
        except Exception as fault:  # noqa: BLE001  any other exception is a bug of kerasdl
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
    """Add `--backend` to a command."""
    text = "jax, torch or tensorflow; default: KERAS_BACKEND, or the first installed."
    return click.option("--backend", metavar="B", help=text)(function)


def select(name: str | None, trained_with: str | None = None) -> "Selection":
    """Select the backend; warn about the Keras settings that runs ignore."""
    from kerasdl import backend

    with _hidden_from_keras(backend.choose(name, trained_with).name):
        selection = backend.select(name, trained_with)
    warn(selection.overruled)
    return selection


@contextlib.contextmanager
def _hidden_from_keras(backend: str) -> Iterator[None]:
    """Hide `UNUSED_BY_KERAS`, which take seconds to import, and JAX from other backends.

    Keras imports matplotlib for galleries of images, pandas for frames that are given to
    `fit`, IPython for notebooks, scikit-learn for its own wrappers, and an installed JAX
    for checkpoints by Orbax.
    """
    unused = UNUSED_BY_KERAS if backend == "jax" else (*UNUSED_BY_KERAS, "jax")
    hidden = [name for name in unused if name not in sys.modules]
    sys.modules |= dict.fromkeys(hidden)  # pyright: ignore[reportArgumentType]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def warn(lines: Iterable[str]) -> None:
    """Print warnings on stderr."""
    for line in lines:
        say(f"warning: {line}", err=True)


def lean_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--no-baselines` and `--no-report` to a command, as what they leave out."""
    for name, text in (
        ("report", "Write no report.html."),
        ("baselines", "Score no simple models beside the network."),
    ):
        function = click.option(
            f"--no-{name}", name, flag_value=False, default=True, help=text
        )(function)
    return function


def trust_edits_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--trust-edits` to a command."""
    text = "Use a run whose files were edited by hand."
    return click.option("--trust-edits", is_flag=True, help=text)(function)


def check_seal(run: "RunDir", trust_edits: bool) -> list[str]:
    """Return the files of a run that changed after they were sealed; warn about them.

    Raises:
        ModelFileError: If there are any, unless `trust_edits`.
    """
    edited = manifest.check_seal(run.path, trust_edits)
    if edited is None:
        origin = "it is still running, was killed, or comes from an older version"
        warn([f"{run.path} is not sealed: {origin}"])
        return []
    warn(
        f"{name} of {run.path} was changed, and --trust-edits accepts it"
        for name in edited
    )
    return edited
