"""The `kerasdl doctor` command."""

from pathlib import Path
from typing import Any

import click

from kerasdl import runs_folder
from kerasdl.cli.printing import say
from kerasdl.cli.verb import (
    backend_option,
    check_seal,
    select,
    trust_edits_option,
    verb,
)


@click.command("doctor")
@click.argument("run", type=Path)
@click.option("--no-experiments", is_flag=True, help="Read the run only.")
@click.option(
    "--minutes",
    type=click.FloatRange(0, min_open=True),
    default=10.0,
    show_default=True,
    help="How long the experiments may take together.",
)
@backend_option
@trust_edits_option
@verb
def command(
    run: Path,
    no_experiments: bool,
    minutes: float,
    backend: str | None,
    trust_edits: bool,
    as_json: bool,
) -> Any:
    """Say why RUN does not learn, by short experiments, and what helps."""
    directory = runs_folder.find(run)
    check_seal(directory, trust_edits)
    trained_with = directory.read_environment().get("backend")
    selection = None if no_experiments else select(backend, trained_with)

    from kerasdl.jobs.doctor import diagnose_run

    tell = (lambda line: say(line, err=True)) if as_json else say
    found = diagnose_run(directory, selection, 60 * minutes, tell)
    if not as_json:
        for each in found.hypotheses:
            say(f"{each.weight:.2f}  {each.cause}: {each.seen}")
            say(f"      {each.why}")
        for each in found.tested:
            say(f"{each.outcome}  {each.cause}: {each.said}")
        say(f"verdict  {found.verdict}")
        if found.command:
            say(f"try      {found.command}")
    return found.to_json()
