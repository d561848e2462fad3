"""`kerasdl replay`."""

from pathlib import Path
from typing import Any

import click

from kerasdl import rundir
from kerasdl.cli.verb import backend_option, select, verb


@click.command("replay")
@click.argument("run", type=Path)
@backend_option
@verb
def command(run: Path, backend: str | None, as_json: bool) -> Any:
    """Take the step again at which RUN diverged, on its backend or another."""
    found = rundir.find(run)
    chosen = select(backend, found.backend())

    from kerasdl.jobs.replay import replay

    result = {"backend": chosen.name, **replay(found)}
    if not as_json:
        batch, epoch = result["batch"] + 1, result["epoch"] + 1
        layer = result["layer"]
        click.echo(f"step      {result['step']}: batch {batch} of epoch {epoch}")
        click.echo(f"backend   {chosen.name}")
        click.echo(f"loss      {result['loss']:.4g}")
        click.echo(f"gradient  {'' if result['finite'] else 'not '}finite")
        click.echo(f"outputs   {f'not finite from {layer} on' if layer else 'finite'}")
        click.echo(f"weights   at most {result['largest_weight']:.4g}")
    return result
