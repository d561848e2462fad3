"""`kerasdl evaluate`."""

from pathlib import Path
from typing import Any

import click

from kerasdl import rundir
from kerasdl.cli.verb import backend_option, select, verb


@click.command("evaluate")
@click.argument("run", type=Path)
@click.option("--data", metavar="D", help="Other data than the run's own test split.")
@backend_option
@verb
def command(run: Path, data: str | None, backend: str | None, as_json: bool) -> Any:
    """Score the best model of RUN, on the backend it was trained with or another."""
    found = rundir.find(run)
    select(backend, found.read_environment().get("backend"))

    from kerasdl.jobs.evaluate import evaluate

    result = evaluate(found, data)
    if not as_json:
        for name, value in result.items():
            text = f"{value:.4f}" if isinstance(value, float) else value
            click.echo(f"{name:<20} {text}")
    return result
