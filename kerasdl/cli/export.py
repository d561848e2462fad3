"""The `kerasdl export` command."""

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
)


@click.command("export")
@click.argument("run", type=Path)
@click.option(
    "--format",
    "kind",
    type=click.Choice(["safetensors"]),
    default="safetensors",
    show_default=True,
    help="Format of the weights.",
)
@click.option(
    "--names",
    default="kerasdl",
    show_default=True,
    metavar="LIBRARY",
    help="Whose names and layout: kerasdl, transformers, torchvision, flax …",
)
@click.option("--output", type=Path, help="Folder to write; default: RUN-LIBRARY.")
@backend_option
@trust_edits_option
@verb
def command(
    run: Path,
    kind: str,
    names: str,
    output: Path | None,
    backend: str | None,
    trust_edits: bool,
    as_json: bool,
) -> Any:
    """Write the weights of RUN as other libraries load them."""
    directory = runs_folder.find(run)
    model_file.inspect(directory.model_file)  # before Keras is imported
    check_seal(directory, trust_edits)
    select(backend, directory.read_environment().get("backend"))

    from kerasdl.jobs.export import export_weights

    folder = output or Path(f"{directory.name}-{names}")
    result = export_weights(directory, names, folder)
    if not as_json:
        files = ", ".join(result["files"])
        say(f"{result['folder']}: {files}; {result['numbers']:,} numbers as {names}")
    return {"format": kind, **result}
