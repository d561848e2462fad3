"""The `kerasdl show` command."""

from pathlib import Path
from typing import Any

import click

from kerasdl.cli.config_flags import chosen, config_flags
from kerasdl.cli.printing import say
from kerasdl.cli.verb import backend_option, select, verb
from kerasdl.errors import ConfigError


@click.command("show")
@config_flags
@click.option(
    "--output",
    type=Path,
    default=Path("sheet.png"),
    show_default=True,
    help="The PNG file.",
)
@click.option(
    "--count",
    type=click.IntRange(1, 10_000),
    default=36,
    show_default=True,
    help="Images to show.",
)
@click.option(
    "--epoch",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Epoch whose images they are.",
)
@backend_option
@verb
def command(
    output: Path,
    count: int,
    epoch: int,
    backend: str | None,
    as_json: bool,
    **flags: Any,
) -> Any:
    """Write a contact sheet of what a network will see of its training images."""
    if output.suffix.lower() != ".png":
        raise ConfigError(f"--output {output} is no .png file", "name one")
    config, _, _, _, download = chosen(**flags)
    select(backend)

    from kerasdl.jobs.show import show

    result = show(config, output, count, epoch - 1, download)
    if not as_json:
        say(f"{result['images']} images in {output}")
    return result
