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
ONNX = "onnx"


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
@click.option(
    "--quantize",
    type=click.Choice(["int8"]),
    help="Keep weights of an ONNX file in so many bits; the score may lose a point.",
)
@click.option("--half", is_flag=True, help="Keep weights of an ONNX file in float16.")
@click.option(
    "--output",
    type=Path,
    help="Folder to write; default: RUN-FORMAT, or RUN-LIBRARY of weights.",
)
@backend_option
@trust_edits_option
@verb
def command(
    run: Path,
    kind: str,
    names: str,
    data_name: str | None,
    quantize: str | None,
    half: bool,
    output: Path | None,
    backend: str | None,
    trust_edits: bool,
    as_json: bool,
) -> Any:
    """Write RUN as other libraries and programs load it."""
    compression = "float16" if half else quantize
    _check_options(kind, names, data_name, backend)
    if half and quantize:
        raise ConfigError("--quantize and --half exclude one another", "choose one")
    if compression and kind != ONNX:
        what = f"--quantize and --half are for {ONNX}, not for {kind}"
        raise ConfigError(what, f"choose --format {ONNX}, or leave them out")
    directory = runs_folder.find(run)
    model_file.inspect(directory.model_file)  # before Keras is imported
    check_seal(directory, trust_edits)
    if kind != WEIGHTS:
        folder = output or Path(f"{directory.name}-{kind}")
        result = _export(directory, kind, folder, data_name, compression)
        if not as_json:
            _tell(result)
        return result
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
    directory: RunDir,
    kind: str,
    folder: Path,
    data_name: str | None,
    compression: str | None,
) -> dict[str, Any]:
    """Write a network, on the backend of its format."""
    form = FORMATS[kind]
    form.check_installed()
    select(form.backend)

    from kerasdl.jobs.export import export

    return export(directory, kind, folder, data_name, compression)


def _tell(result: dict[str, Any]) -> None:
    """Print how an exported network differs from its model."""
    before = result.get("uncompressed", {})
    say(f"{result['folder']}: {result['format']}, {_size(result)}{_was(before, _size)}")
    say(f"outputs differ by {result['difference']:.1e} of the greatest one, at most")
    for name, value in result["scores"].items():
        was = f" (was {before['scores'][name]:.4f})" if before else ""
        say(f"{name:24}{value:.4f}{was}")
    say(f"a batch of 32 takes {_time(result)}{_was(before, _time)}")
    say("how to run it: MODEL_CARD.md")


def _size(result: dict[str, Any]) -> str:
    return f"{result['bytes']:,} bytes"


def _time(result: dict[str, Any]) -> str:
    return f"{1e3 * result['seconds']['32']['median']:.2f} ms"


def _was(before: dict[str, Any], shown: Any) -> str:
    return f" (was {shown(before)})" if before else ""
