"""The `kerasdl keys` command."""

from dataclasses import asdict
from itertools import groupby
from typing import Any

import click
import tomli_w

from kerasdl.cli.printing import say
from kerasdl.cli.verb import verb
from kerasdl.config.keys import Key, keys


@click.command("keys")
@click.argument("table", required=False)
@verb
def command(table: str | None, as_json: bool) -> Any:
    """Print the keys of a config, or of one TABLE: type, range, default and meaning."""
    selected = keys(table)
    if not as_json:
        for (name, chosen), group in groupby(selected, lambda k: (k.table, k.choice)):
            say(f"[{name}]" + (f"  {chosen}" if chosen else ""))
            for key in group:
                say(_line(key))
            say("")
    return [asdict(key) for key in selected]


def _line(key: Key) -> str:
    lines = tomli_w.dumps({key.key: key.default}).split()  # a list takes several
    default = " ".join(lines).replace("[ ", "[").replace(", ]", "]")
    return f"  {default}\n      {key.type}\n      {key.meaning}"
