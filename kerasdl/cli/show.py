"""The `kerasdl show` command."""

from pathlib import Path
from typing import Any

import click

from kerasdl import config as configs
from kerasdl.cli.printing import say
from kerasdl.cli.verb import backend_option, select, verb
from kerasdl.config import Setting
from kerasdl.errors import ConfigError
from kerasdl.jobs.own_data import decide


@click.command("show")
@click.option("--data", metavar="D", help="A folder of images, or a set of them.")
@click.option("--preset", metavar="NAME", help="A preset's name, or a TOML file.")
@click.option(
    "--set", "assignments", multiple=True, metavar="A.B=C", help="Set any config key."
)
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
    data: str | None,
    preset: str | None,
    assignments: tuple[str, ...],
    output: Path,
    count: int,
    epoch: int,
    backend: str | None,
    as_json: bool,
) -> Any:
    """Write a contact sheet of what a network will see of its training images."""
    settings: list[Setting | str] = list(assignments)
    if data is not None:
        settings.append(Setting("data.name", data, "--data"))
    if output.suffix.lower() != ".png":
        raise ConfigError(f"--output {output} is no .png file", "name one")
    preset, inferred, _, _ = decide(preset, None, settings)
    if preset is None:
        raise ConfigError("show takes --data or --preset", "give one of them")
    config = configs.load(preset, None, settings, inferred)
    config.data.check_source()
    select(backend)

    from kerasdl.jobs.show import show

    download = configs.sets(settings, "data.name")
    result = show(config, output, count, epoch - 1, download)
    if not as_json:
        say(f"{result['images']} images in {output}")
    return result
