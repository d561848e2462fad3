"""The `kerasdl train` command."""

import sys
from pathlib import Path
from typing import Any

import click

from kerasdl import runs_folder
from kerasdl.cli.config_flags import chosen, config_flags
from kerasdl.cli.verb import backend_option, lean_options, select, verb


@click.command("train")
@config_flags
@backend_option
@click.option("--run-dir", type=Path, help="Where to write, instead of runs/NAME-N.")
@click.option(
    "--dry-run", is_flag=True, help="Show the plan of the run; train nothing."
)
@lean_options
@click.option(
    "--strict", is_flag=True, help="Train nothing if a first check finds an error."
)
@verb
def command(
    backend: str | None,
    run_dir: Path | None,
    dry_run: bool,
    report: bool,
    baselines: bool,
    strict: bool,
    as_json: bool,
    **flags: Any,
) -> Any:
    """Train a preset and write a complete run directory."""
    config, preset, notes, reason, download = chosen(**flags)
    if run_dir and not dry_run:
        runs_folder.check_free(run_dir)
    selection = select(backend)

    from kerasdl.cli import train_output

    if dry_run:
        from kerasdl.jobs.plan import plan

        result = plan(config, download)
        task = {"name": config.data.task, "reason": reason or "data.task"}
        result |= {"task": task, "findings": [*notes, *result["findings"]]}
        train_output.show_plan(result, selection, as_json)
        return result

    from kerasdl.jobs.train import train

    stem = Path(preset).stem if preset else "run"
    with train_output.TrainOutput(selection, as_json) as output:
        for line in notes:
            output.note(line)
        result = train(
            config,
            selection,
            stem=stem,
            path=run_dir,
            arguments=sys.argv,
            reporter=output,
            report=report,
            baselines=baselines,
            download=download,
            strict=strict,
        )
    output.end(result)
    return result
