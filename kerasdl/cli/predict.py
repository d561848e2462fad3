"""The `kerasdl predict` command."""

from pathlib import Path
from typing import Any

import click

from kerasdl import model_file, runs_folder
from kerasdl.cli.printing import say
from kerasdl.cli.verb import (
    backend_option,
    check_seal,
    select,
    trust_edits_option,
    verb,
    warn,
)
from kerasdl.errors import ConfigError


@click.command("predict")
@click.argument("run", type=Path)
@click.option("--data", metavar="D", required=True, help="Data to predict.")
@click.option(
    "--output", type=Path, help="A .csv, .jsonl, .npz or .parquet; default: stdout."
)
@click.option(
    "--keep", multiple=True, metavar="COLUMN", help="Columns to keep; default: all."
)
@click.option(
    "--coverage",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="How many of new numbers lie between low and high; default: 0.9.",
)
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Quantile of errors from which a row is an anomaly; default: 0.99.",
)
@click.option(
    "--beams",
    type=click.IntRange(1, 256),
    default=1,
    help="Texts that a beam search keeps; 1 takes the likeliest token each time.",
)
@backend_option
@trust_edits_option
@verb
def command(
    run: Path,
    data: str,
    output: Path | None,
    keep: tuple[str, ...],
    coverage: float | None,
    threshold: float | None,
    beams: int,
    backend: str | None,
    trust_edits: bool,
    as_json: bool,
) -> Any:
    """Predict new data with the best model of RUN."""
    from kerasdl.data import prediction_file

    if output:
        prediction_file.check_suffix(output)
    elif as_json:
        raise ConfigError("--json needs stdout for itself", "give --output")
    run_dir = runs_folder.find(run)
    model_file.inspect(run_dir.model_file)  # before Keras is imported
    check_seal(run_dir, trust_edits)
    select(backend, run_dir.read_environment().get("backend"))

    from kerasdl.jobs.predict import predict

    levels = {"coverage": coverage, "threshold": threshold}
    chunks = predict(
        run_dir, data, keep or None, levels, lambda line: warn([line]), beams
    )
    count = prediction_file.write(chunks, output)
    result = {"run": run_dir.name, "data": data, "examples": count}
    if output and not as_json:
        say(f"{count} predictions in {output}")
    return result | {"output": str(output)}
