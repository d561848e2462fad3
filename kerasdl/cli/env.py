"""The `kerasdl env` command."""

from typing import Any

import click

from kerasdl.cli.printing import say
from kerasdl.cli.verb import verb
from kerasdl.errors import BackendError


@click.command("env")
@verb
def command(as_json: bool) -> Any:
    """Show versions, backends and the machine; imports no backend."""
    from kerasdl.backend import choose
    from kerasdl.jobs.environment import machine, versions

    try:
        backend = choose().name
    except BackendError as fault:
        backend = f"none: {fault}"
    result = {"default_backend": backend, **machine(), "versions": versions()}
    if not as_json:
        for name, value in {**result.pop("versions"), **result}.items():
            say(f"{name:<16} {value or 'not installed'}")
    return result
