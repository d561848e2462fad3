"""The `kerasdl tensorboard` command."""

from pathlib import Path
from typing import Any

import click

from kerasdl import runs_folder
from kerasdl.cli.printing import say
from kerasdl.cli.verb import check_seal, trust_edits_option, verb


@click.command("tensorboard")
@click.argument("run", type=Path)
@click.option(
    "--folder", type=Path, help="Where to write, instead of tensorboard/NAME."
)
@trust_edits_option
@verb
def command(run: Path, folder: Path | None, trust_edits: bool, as_json: bool) -> Any:
    """Write the log of RUN for TensorBoard: metrics, events, config and scores."""
    directory = runs_folder.find(run)
    check_seal(directory, trust_edits)

    from kerasdl.jobs.compared_run import read_run
    from kerasdl.jobs.tensorboard import write_events

    folder = folder or Path("tensorboard", directory.name)
    count = write_events(read_run(directory.name, directory), folder)
    if not as_json:
        say(f"{count} numbers in {folder}; look at them: tensorboard --logdir {folder}")
    return {"folder": str(folder), "scalars": count}
