"""`kerasdl resume`."""

import sys
from pathlib import Path
from typing import Any

import click

from kerasdl import rundir
from kerasdl.cli.verb import backend_option, select, verb
from kerasdl.jobs.signals import resumable


@click.command("resume")
@click.argument("run", type=Path)
@backend_option
@click.option("--epochs", type=click.IntRange(1, 1000), help="Train to this epoch.")
@verb
def command(
    run: Path, backend: str | None, epochs: int | None, as_json: bool
) -> dict[str, Any]:
    """Go on with a run that was stopped, from its newest sound checkpoint."""
    found = rundir.find(run)
    found.read_config()  # before anything heavy is imported
    with resumable(found):
        selection = select(backend, found.backend())

        from kerasdl.cli import train_output
        from kerasdl.jobs.resume import resume

        with train_output.TrainOutput(selection, as_json) as output:
            result = resume(
                run, selection, epochs=epochs, arguments=sys.argv, watcher=output
            )
        output.end(result)
    return result
