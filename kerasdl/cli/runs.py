"""`kerasdl runs`."""

from typing import Any

import click

from kerasdl import rundir
from kerasdl.cli.verb import verb


@click.command("runs")
@verb
def command(as_json: bool) -> Any:
    """List the runs in ./runs with their status and test metrics."""
    rows = []
    for run in rundir.all_runs():
        result = run.read_result() or {"status": "unfinished"}
        row = {"run": run.name, "status": result["status"]}
        rows.append(row | {"test": result.get("test", {})})
    if not as_json:
        for row in rows:
            scores = ", ".join(f"{k} {v:.4f}" for k, v in row["test"].items())
            click.echo(f"{row['run']:<24} {row['status']:<12} {scores}".rstrip())
        if not rows:
            click.echo("no runs yet; start with: kerasdl train --preset mlp")
    return rows
