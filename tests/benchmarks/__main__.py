"""Milliseconds a training step: by hand, Keras, kerasdl and Lightning.

`python -m tests.benchmarks` in the root of the repository. Each model trains on each
backend in a process of its own, one after another, on the processor alone. The ways
to train it take turns, an epoch each; figures are medians over the rounds, and of the
ratios within a round.
"""

import datetime
import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from kerasdl.backend import BACKENDS, installed
from kerasdl.jobs.environment import machine, versions
from tests.benchmarks import table
from tests.benchmarks.layouts import LAYOUTS

ROOT = Path(__file__).parents[2]
MODELS = tuple(LAYOUTS)  # from a file that imports no Keras


@click.command(help=__doc__)
@click.option("--backend", "backends", multiple=True, type=click.Choice(BACKENDS))
@click.option("--model", "models", multiple=True, type=click.Choice(MODELS))
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1))
@click.option(
    "--json", "file", type=click.Path(path_type=Path), help="Write all of it."
)
def main(
    backends: tuple[str, ...], models: tuple[str, ...], rounds: int, file: Path | None
) -> None:
    place = where()
    threads, load = place["threads"], place["load_average"]
    click.echo(f"{threads} threads, load average {load:.1f}: best on an idle machine")
    click.echo(table.head())
    cells, failed = [], False
    for model in models or MODELS:
        for backend in backends or installed():
            cell = run(model, backend, rounds)
            if cell is None:
                failed = True
                continue
            cells.append(table.summarise(cell))
            click.echo(table.row(cells[-1]))
    click.echo("\n".join(table.foot(cells)))
    if file:
        file.write_text(json.dumps({**place, "cells": cells}, indent=2) + "\n")
    sys.exit(failed)


def run(model: str, backend: str, rounds: int) -> dict[str, Any] | None:
    """Return what a process of its own measured; None if it failed."""
    command = [sys.executable, "-m", "tests.benchmarks.measure"]
    done = subprocess.run(
        [*command, backend, model, str(rounds)],
        cwd=ROOT,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        click.echo(f"{model} on {backend} failed:\n{done.stderr}", err=True)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def where() -> dict[str, Any]:
    """Return date, machine, how busy it is, and versions."""
    try:
        lightning = importlib.metadata.version("lightning")
    except importlib.metadata.PackageNotFoundError:
        lightning = None
    date = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return {
        "date": date,
        **machine(),
        "load_average": os.getloadavg()[0],
        "versions": versions() | {"lightning": lightning},
    }


if __name__ == "__main__":
    main()
