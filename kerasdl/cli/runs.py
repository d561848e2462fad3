"""The `kerasdl runs` command."""

from typing import Any

import click

from kerasdl import runs_folder
from kerasdl.cli.printing import say
from kerasdl.cli.verb import verb
from kerasdl.errors import ModelFileError, UnsafeError
from kerasdl.rundir import first_scores


@click.command("runs")
@verb
def command(as_json: bool) -> Any:
    """List the runs in ./runs with their status and test metrics."""
    rows = []
    for run in runs_folder.all_runs():
        try:
            run.check_entries()
            result = run.read_result() or {"status": "unfinished"}
            row = {"status": str(result["status"]), "test": _scores(result)}
        except UnsafeError:
            row = {"status": "unsafe", "test": {}}
        except (ModelFileError, KeyError, TypeError, ValueError, OverflowError):
            row = {"status": "damaged", "test": {}}
        rows.append({"run": run.name, **row})
    if not as_json:
        for row in rows:
            first = first_scores(row["test"])
            scores = ", ".join(f"{name} {value:.4f}" for name, value in first.items())
            line = f"{row['run']:<24} {row['status']:<12} {scores}".rstrip()
            say(" ".join(line.splitlines()))
        if not rows:
            say("no runs yet; start with: kerasdl train --preset mlp")
    return rows


def _scores(result: dict[str, Any]) -> dict[str, float]:
    """Return the finite scores; JSON stores the others as null."""
    test = dict(result.get("test", {}))
    return {name: float(value) for name, value in test.items() if value is not None}
