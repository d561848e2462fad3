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
from kerasdl.errors import ConfigError
from kerasdl.exports.formats import FORMATS
from kerasdl.rundir import RunDir

WEIGHTS = "safetensors"
OWN = "kerasdl"


@click.command("export")
@click.argument("run", type=Path)
@click.option(
    "--format",
    "kind",
    type=click.Choice([WEIGHTS, *FORMATS]),
    default=WEIGHTS,
    show_default=True,
    help="Weights alone, or a network that runs without kerasdl.",
)
@click.option(
    "--names",
    default=OWN,
    show_default=True,
    metavar="LIBRARY",
    help="Whose names weights have: kerasdl, transformers, torchvision, flax …",
)
@click.option(
    "--data",
    "data_name",
    metavar="D",
    help="Verify a network on these data; default: the test split of the run.",
)
@click.option("--output", type=Path, help="Folder to write; default: RUN-FORMAT.")
@backend_option
@trust_edits_option
@verb
def command(
    run: Path,
    kind: str,
    names: str,
    data_name: str | None,
    output: Path | None,
    backend: str | None,
    trust_edits: bool,
    as_json: bool,
) -> Any:
    """Write RUN as other libraries and programs load it."""
    _check_options(kind, names, data_name, backend)
    directory = runs_folder.find(run)
    model_file.inspect(directory.model_file)  # before Keras is imported
    check_seal(directory, trust_edits)
    if kind != WEIGHTS:
        folder = output or Path(f"{directory.name}-{kind}")
        return _export(directory, kind, folder, data_name, as_json)
    select(backend, directory.read_environment().get("backend"))

    from kerasdl.jobs.export_weights import export_weights

    folder = output or Path(f"{directory.name}-{names}")
    result = export_weights(directory, names, folder)
    if not as_json:
        files = ", ".join(result["files"])
        say(f"{result['folder']}: {files}; {result['numbers']:,} numbers as {names}")
    return {"format": kind, **result}


def _check_options(
    kind: str, names: str, data_name: str | None, backend: str | None
) -> None:
    """Raise `ConfigError` for an option that the format has no use for."""
    if kind == WEIGHTS:
        if data_name:
            what = "weights alone are not verified on data"
            raise ConfigError(what, "leave --data out, or choose another --format")
        return
    if names != OWN:
        what = f"--names {names} is for weights, not for {kind}"
        raise ConfigError(what, f"leave it out, or choose --format {WEIGHTS}")
    if backend and backend != FORMATS[kind].backend:
        what = f"{kind} is written by {FORMATS[kind].backend}, not {backend}"
        raise ConfigError(what, "leave --backend out")


def _export(
    directory: RunDir, kind: str, folder: Path, data_name: str | None, as_json: bool
) -> dict[str, Any]:
    """Write a network, on the backend of its format."""
    form = FORMATS[kind]
    form.check_installed()
    select(form.backend)

    from kerasdl.jobs.export import export

    result = export(directory, kind, folder, data_name)
    if not as_json:
        share = result["difference"]
        say(f"{result['folder']}: {kind}, {result['bytes']:,} bytes")
        say(f"outputs differ by {share:.1e} of the greatest one, at most")
        scores = result["scores"].items()
        say("  ".join(f"{name} {value:.4f}" for name, value in scores))
        say(f"run it: cd {result['folder']} && python run.py …, as MODEL_CARD.md says")
    return result
