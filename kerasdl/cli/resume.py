"""The `kerasdl resume` command."""

import sys
from pathlib import Path
from typing import Any, Literal

import click

from kerasdl import runs_folder
from kerasdl.cli.verb import (
    backend_option,
    check_seal,
    lean_options,
    select,
    trust_edits_option,
    verb,
)
from kerasdl.jobs.config_to_resume import config_to_resume
from kerasdl.jobs.signals import resumable


@click.command("resume")
@click.argument("run", type=Path)
@click.option("--data", metavar="D", help="New path of the data, if they have moved.")
@click.option("--test-data", metavar="D", help="New path of the test data.")
@backend_option
@click.option("--epochs", type=click.IntRange(1, 1000), help="Train to this epoch.")
@click.option(
    "--schedule",
    type=click.Choice(["stretch", "keep"]),
    default="stretch",
    show_default=True,
    help="With more epochs: stretch the schedule over all, or keep its last rate.",
)
@lean_options
@trust_edits_option
@verb
def command(
    run: Path,
    data: str | None,
    test_data: str | None,
    backend: str | None,
    epochs: int | None,
    schedule: Literal["stretch", "keep"],
    report: bool,
    baselines: bool,
    trust_edits: bool,
    as_json: bool,
) -> dict[str, Any]:
    """Resume a stopped run from its newest intact checkpoint."""
    run_dir = runs_folder.find(run)
    with run_dir.locked():  # most refusals come before Keras is imported
        check_seal(run_dir, trust_edits)
        config = run_dir.read_config()
        config_to_resume(run_dir, config, epochs, schedule, data, test_data)
    with resumable(run_dir):
        selection = select(backend, run_dir.backend())

        from kerasdl.cli import train_output
        from kerasdl.jobs.resume import resume

        with train_output.TrainOutput(selection, as_json) as output:
            result = resume(
                run,
                selection,
                epochs=epochs,
                schedule=schedule,
                data=data,
                test_data=test_data,
                arguments=sys.argv,
                reporter=output,
                report=report,
                baselines=baselines,
                trust_edits=trust_edits,
            )
        output.end(result)
    return result
