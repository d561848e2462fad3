"""The `kerasdl evaluate` command."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from kerasdl import model_file, runs_folder
from kerasdl.cli.cost_table import cost_table
from kerasdl.cli.figure_lines import figure_lines
from kerasdl.cli.printing import say
from kerasdl.cli.verb import (
    backend_option,
    check_seal,
    select,
    trust_edits_option,
    verb,
)
from kerasdl.errors import ConfigError


@click.command("evaluate")
@click.argument("run", type=Path)
@click.option(
    "--data", metavar="D", help="Data to score instead of the run's own test split."
)
@click.option(
    "--cost",
    is_flag=True,
    help="Show what the model costs instead: operations, memory, latency.",
)
@click.option(
    "--group",
    metavar="COLUMN",
    help="Compare groups: the values of a column, which the model need not see.",
)
@click.option(
    "--robustness",
    is_flag=True,
    help="Score inputs that are damaged a little, and adversarial ones.",
)
@click.option(
    "--radius",
    type=float,
    metavar="R",
    help="Largest change of an adversarial input, in units of the model's inputs.",
)
@click.option(
    "--explain",
    is_flag=True,
    help="Show which columns, pixels or words predictions rest on.",
)
@backend_option
@trust_edits_option
@verb
def command(
    run: Path,
    data: str | None,
    cost: bool,
    group: str | None,
    robustness: bool,
    radius: float | None,
    explain: bool,
    backend: str | None,
    trust_edits: bool,
    as_json: bool,
) -> Any:
    """Score the best model of RUN, on the backend it was trained with or another."""
    others = {"--data": data, "--group": group, "--robustness": robustness}
    others |= {"--explain": explain}
    for option in [name for name, value in others.items() if cost and value]:
        raise ConfigError(f"--cost needs no {option}", "leave one of them out")
    run_dir = runs_folder.find(run)
    model_file.inspect(run_dir.model_file)  # before Keras is imported
    edited = check_seal(run_dir, trust_edits)
    select(backend, run_dir.read_environment().get("backend"))

    if cost:
        from kerasdl.jobs.run_cost import run_cost

        costs = run_cost(run_dir)
        if not as_json:
            say("\n".join(cost_table(costs)))
        return {"run": run_dir.name, **costs.to_json()}

    from kerasdl.jobs.study import study

    result, figures = study(run_dir, data, group, robustness, radius, explain)
    if edited:
        result["edited"] = edited
    if not as_json:
        say("\n".join([*_scores(result), *figure_lines(figures)]))
    return result


def _scores(result: dict[str, Any]) -> Iterator[str]:
    """Yield a line for each score, also for those that are undefined."""
    undefined, partial = (result.get(key, {}) for key in ("undefined", "partial"))
    reasons = {name: f"undefined: {reason}" for name, reason in undefined.items()}
    shown = {k: v for k, v in result.items() if not isinstance(v, dict)} | reasons
    for name, value in shown.items():
        text = f"{value:.4f}" if isinstance(value, float) else value
        text = ", ".join(value) if isinstance(value, list) else text
        text = f"{text} ({partial[name]})" if name in partial else text
        yield f"{name:<30} {text}"
