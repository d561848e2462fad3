"""The `kerasdl import` command."""

import sys
from pathlib import Path
from typing import Any

import click

from kerasdl import config as configs
from kerasdl import registry, untrusted
from kerasdl.cli.printing import say
from kerasdl.cli.verb import backend_option, select, verb
from kerasdl.errors import ConfigError

MAX_BYTES = 1 << 26
"""Bytes of a file of class names."""


@click.command("import")
@click.argument("weights", type=Path)
@click.option(
    "--family", required=True, metavar="F", help="Model family, such as resnet or bert."
)
@click.option("--as", "name", default="", metavar="NAME", help="Write runs/NAME.")
@click.option(
    "--classes", type=Path, metavar="FILE", help="Names of the classes, one a line."
)
@click.option(
    "--set", "assignments", multiple=True, metavar="A.B=C", help="Set any config key."
)
@backend_option
@verb
def command(
    weights: Path,
    family: str,
    name: str,
    classes: Path | None,
    assignments: tuple[str, ...],
    backend: str | None,
    as_json: bool,
) -> Any:
    """Make a run of published WEIGHTS, to evaluate, predict or train further."""
    if family not in (known := registry.names("families")):
        what = f"--family {family!r} is no model family"
        raise ConfigError(what, f"choose from {', '.join(known)}")
    if not weights.exists():
        raise ConfigError(f"{weights} does not exist", "give a file or a folder")
    settings = [configs.parse_setting(each) for each in assignments]
    names = [] if classes is None else _names(classes)
    selection = select(backend)

    from kerasdl.jobs.import_weights import import_weights

    result = import_weights(
        weights,
        family,
        selection,
        name=name,
        settings=settings,
        class_names=names,
        arguments=sys.argv,
    )
    if not as_json:
        say(_told(result, weights))
    return result


def _names(path: Path) -> list[str]:
    try:
        content = untrusted.read_bytes(path, MAX_BYTES).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        what = f"cannot read --classes {path}: {fault}"
        raise ConfigError(what, "give a text file, a name a line") from fault
    names = [line.strip() for line in content.splitlines() if line.strip()]
    if not names:
        raise ConfigError(f"--classes {path} is empty", "write a name a line")
    return names


def _told(result: dict[str, Any], weights: Path) -> str:
    """Return what was imported, and what to do with it."""
    named = f"{result['taken']:,} tensors, named as in {result['library']}"
    lines = [
        f"{result['run']}: {result['parameters']:,} weights of {weights} ({named})"
    ]
    if left := result["left"]:
        lines.append(f"left: {', '.join(left[:4])}" + ("…" if len(left) > 4 else ""))
    uses = {
        "classification": "predict {run} --data …, or train --init-from {run}",
        "embedding": "predict {run} --data …, or train --init-from {run}",
        "language-modelling": "generate {run}, or train --init-from {run}",
    }
    lines.append("next: kerasdl " + uses[result["task"]].format(run=result["run"]))
    return "\n".join(lines)
