"""The `kerasdl replay` command."""

from pathlib import Path
from typing import Any

import click

from kerasdl import runs_folder
from kerasdl.cli.printing import say
from kerasdl.cli.verb import backend_option, select, verb


@click.command("replay")
@click.argument("run", type=Path)
@backend_option
@verb
def command(run: Path, backend: str | None, as_json: bool) -> Any:
    """Rerun the step at which RUN diverged, on its backend or another."""
    run_dir = runs_folder.find(run)
    selection = select(backend, run_dir.backend())

    from kerasdl.jobs.replay import replay

    result = {"backend": selection.name, **replay(run_dir)}
    if not as_json:
        batch, epoch = result["batch"] + 1, result["epoch"] + 1
        layer = result["layer"]
        say(f"step      {result['step']}: batch {batch} of epoch {epoch}")
        say(f"backend   {selection.name}")
        say(f"loss      {result['loss']:.4g}")
        say(f"gradient  {'' if result['finite'] else 'not '}finite")
        say(f"outputs   {f'not finite from {layer} on' if layer else 'finite'}")
        say(f"weights   at most {result['largest_weight']:.4g}")
    return result
