"""`kerasdl presets`."""

from dataclasses import asdict
from typing import Any

import click

from kerasdl import config as configs
from kerasdl.cli.verb import verb
from kerasdl.config import presets


@click.command("presets")
@click.argument("show", required=False, type=click.Choice(["show"]))
@click.argument("name", required=False)
@verb
def command(show: str | None, name: str | None, as_json: bool) -> Any:
    """List the presets, or print the whole resolved config of one: `show NAME`."""
    if show:
        if name is None:
            raise click.UsageError("presets show needs the NAME of a preset")
        config = configs.load(name)
        if not as_json:
            click.echo(configs.to_toml(config), nl=False)
        return asdict(config)
    rows = [{"name": n, **asdict(configs.load(n).about)} for n in presets.names()]
    if not as_json:
        for row in rows:
            click.echo(f"{row['name']:<16} {row['summary']}")
    return rows
