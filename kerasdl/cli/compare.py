"""The `kerasdl compare` command."""

from pathlib import Path
from typing import Any

import click

from kerasdl import runs_folder
from kerasdl.cli.picture_form import picture_form
from kerasdl.cli.printing import say
from kerasdl.cli.verb import check_seal, trust_edits_option, verb
from kerasdl.errors import ConfigError


@click.command("compare")
@click.argument("runs", type=Path, nargs=-1, required=True)
@click.option("--metric", metavar="NAME", help="What the curves show.")
@click.option(
    "--reach",
    metavar="NAME=VALUE",
    help="Show when each run reaches a score, such as val_accuracy=0.95.",
)
@click.option("--output", type=Path, help="Draw the curves as .png or .svg.")
@trust_edits_option
@verb
def command(
    runs: tuple[Path, ...],
    metric: str | None,
    reach: str | None,
    output: Path | None,
    trust_edits: bool,
    as_json: bool,
) -> Any:
    """Compare RUNS: configs, curves and scores, and whether chance explains them."""
    names = [str(path) for path in runs]
    if len(set(names)) < max(2, len(names)):
        raise ConfigError("compare takes at least two different runs", "name them")
    form, goal = picture_form(output), _goal(reach)
    directories = [runs_folder.find(path) for path in runs]
    for directory in directories:
        check_seal(directory, trust_edits)

    from kerasdl.jobs.compare import compare

    result = compare([*zip(names, directories, strict=True)], metric, goal)
    if output and form:
        from kerasdl.diagnostics.curve_plot import write_curve_plot

        write_curve_plot(result["metric"], result["curves"], output, form)
    if not as_json:
        from kerasdl.cli.comparison_table import comparison_table

        for line in comparison_table(result, reach):
            say(" ".join(line.splitlines()))
        if output:
            say(f"drawn in {output}")
    return result


def _goal(reach: str | None) -> tuple[str, float] | None:
    """Return the name and the value of `--reach`."""
    if reach is None:
        return None
    name, _, value = reach.partition("=")
    try:
        return name, float(value)
    except ValueError:
        what = f"--reach {reach!r} is no score and value"
        raise ConfigError(what, "write it as val_accuracy=0.95") from None
