"""Seconds from a command to its end: help, and the first steps of training.

`python -m tests.benchmarks.startup` in the root of the repository. The commands of a
line take turns, each in a fresh process; figures are medians.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import click

from kerasdl.backend import BACKENDS, installed
from tests.benchmarks.layouts import LAYOUTS

ROOT = Path(__file__).parents[2]
HELP = (
    "import sys; sys.argv = ['kerasdl', '--help']; from kerasdl.cli import main; main()"
)
FIRST_STEPS = """
import sys
from kerasdl.backend import select
select({backend!r})
from tests.benchmarks.models import BATCH_SIZE, compiled, data
x, y = data({model!r}, rows=4 * BATCH_SIZE)
model = compiled({model!r})
{accelerate}
model.fit(x, y, batch_size=BATCH_SIZE, verbose=0)
"""
ACCELERATE = "import kerasdl; kerasdl.accelerate(model)"


@click.command(help=__doc__)
@click.option("--backend", "backends", multiple=True, type=click.Choice(BACKENDS))
@click.option("--model", default="mlp", show_default=True, type=click.Choice(LAYOUTS))
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1))
def main(backends: tuple[str, ...], model: str, rounds: int) -> None:
    compare("kerasdl --help ÷ import click", HELP, "import click", rounds)
    for backend in backends or installed():
        keras, accelerated = (
            FIRST_STEPS.format(backend=backend, model=model, accelerate=line)
            for line in ("", ACCELERATE)
        )
        compare(f"{backend}: accelerated ÷ Keras", accelerated, keras, rounds)
        if backend == "jax":
            warm = "jax: compiled before ÷ accelerated"
            compare(warm, accelerated, accelerated, rounds, keep=(True, False))


def compare(
    title: str,
    numerator: str,
    denominator: str,
    rounds: int,
    keep: tuple[bool, bool] = (False, False),
) -> None:
    """Print the medians and the ratio of two scripts.

    Args:
        title: What is printed before.
        numerator: The one script.
        denominator: The other.
        rounds: How often each runs.
        keep: For each, whether it finds what JAX compiled in the round before.
    """
    scripts = numerator, denominator
    seconds: tuple[list[float], list[float]] = ([], [])
    with tempfile.TemporaryDirectory() as kept:
        if keep[0]:
            run(numerator, kept)
        for _ in range(rounds):
            for script, found, warm in zip(scripts, seconds, keep, strict=True):
                with tempfile.TemporaryDirectory() as empty:
                    found.append(run(script, kept if warm else empty))
    one, other = map(median, seconds)
    click.echo(f"{title}: {one:.2f} s ÷ {other:.2f} s = {one / other:.2f}")


def run(script: str, cache: str) -> float:
    """Return the seconds a script takes with the directory as the user's cache."""
    environment = os.environ | {"XDG_CACHE_HOME": cache, "CUDA_VISIBLE_DEVICES": ""}
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        check=True,
    )
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
