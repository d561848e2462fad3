"""The `kerasdl report` command."""

from pathlib import Path
from typing import Any

import click

from kerasdl import manifest, runs_folder
from kerasdl.cli.printing import say
from kerasdl.cli.verb import check_seal, trust_edits_option, verb


@click.command("report")
@click.argument("run", type=Path)
@click.option("--output", type=Path, help="The HTML file, instead of RUN/report.html.")
@trust_edits_option
@verb
def command(run: Path, output: Path | None, trust_edits: bool, as_json: bool) -> Any:
    """Write the report of RUN: one HTML file that needs no network."""
    from kerasdl.report import write_report

    run_dir = runs_folder.find(run)
    check_seal(run_dir, trust_edits)
    if output:
        write_report(run_dir, output)
    else:
        with run_dir.locked():
            write_report(run_dir, run_dir.report)
            if manifest.edited(run_dir.path) == [run_dir.report.name]:
                manifest.write_run(run_dir.path)  # only the report is new
    path = output or run_dir.report
    if not as_json:
        say(f"report in {path}")
    return {"report": str(path)}
