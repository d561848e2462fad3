"""The `kerasdl presets` command."""

from dataclasses import asdict
from typing import Any

import click

from kerasdl import config as configs
from kerasdl.cli.printing import say
from kerasdl.cli.verb import verb
from kerasdl.config import presets
from kerasdl.errors import ConfigError


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
            say(configs.to_toml(config), nl=False)
        return asdict(config)
    rows = [{"name": name, **_about(name)} for name in presets.names()]
    if not as_json:
        for row in rows:
            say(f"{row['name']:<16} {row['summary']}")
    return rows


def _about(name: str) -> dict[str, str]:
    """Return the `[about]` table; a broken preset must not hide the others."""
    try:
        return asdict(configs.load(name).about)
    except ConfigError as fault:
        return {"summary": f"cannot be used: {fault.lines()[0]}"}
