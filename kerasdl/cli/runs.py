"""`kerasdl runs`."""

from typing import Any

import click

from kerasdl import rundir
from kerasdl.cli.verb import verb
from kerasdl.errors import ModelFileError


@click.command("runs")
@verb
def command(as_json: bool) -> Any:
    """List the runs in ./runs with their status and test metrics."""
    rows = []
    for run in rundir.all_runs():
        try:
            result = run.read_result() or {"status": "unfinished"}
        except ModelFileError:
            result = {"status": "damaged"}
        row = {"run": run.name, "status": result.get("status", "damaged")}
        rows.append(row | {"test": result.get("test", {})})
    if not as_json:
        for row in rows:
            known = {k: v for k, v in row["test"].items() if v is not None}
            scores = ", ".join(f"{k} {v:.4f}" for k, v in known.items())
            click.echo(f"{row['run']:<24} {row['status']:<12} {scores}".rstrip())
        if not rows:
            click.echo("no runs yet; start with: kerasdl train --preset mlp")
    return rows
