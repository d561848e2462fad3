"""The `kerasdl generate` command."""

from pathlib import Path
from typing import Any

import click

from kerasdl import model_file, runs_folder
from kerasdl.cli.printing import say, write
from kerasdl.cli.verb import (
    backend_option,
    check_seal,
    select,
    trust_edits_option,
    verb,
)


@click.command("generate")
@click.argument("run", type=Path)
@click.option("--prompt", default="", help="The text before; default: a line break.")
@click.option(
    "--tokens", type=click.IntRange(1), default=200, show_default=True, help="How many."
)
@click.option(
    "--temperature",
    type=click.FloatRange(0),
    default=1.0,
    show_default=True,
    help="Below 1, likely tokens become likelier; 0 takes the likeliest.",
)
@click.option("--top-k", type=click.IntRange(1), help="Draw from so many tokens.")
@click.option(
    "--top-p",
    type=click.FloatRange(0, 1, min_open=True),
    default=1.0,
    help="Draw from the likeliest tokens with this share.",
)
@click.option(
    "--beams",
    type=click.IntRange(1, 256),
    default=1,
    help="Keep so many texts; 1 draws.",
)
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, help="Of draws.")
@backend_option
@trust_edits_option
@verb
def command(
    run: Path,
    prompt: str,
    tokens: int,
    temperature: float,
    top_k: int | None,
    top_p: float,
    beams: int,
    seed: int,
    backend: str | None,
    trust_edits: bool,
    as_json: bool,
) -> Any:
    """Write text with the language model of RUN."""
    directory = runs_folder.find(run)
    model_file.inspect(directory.model_file)  # before Keras is imported
    check_seal(directory, trust_edits)
    select(backend, directory.read_environment().get("backend"))

    from kerasdl.jobs.generate import generate

    pieces: list[str] = []
    for piece in generate(
        directory,
        prompt,
        tokens,
        temperature=temperature,
        top_k=top_k or 0,
        top_p=top_p,
        seed=seed,
        beams=beams,
    ):
        pieces.append(piece)
        if not as_json:
            write(piece if pieces[1:] else prompt + piece)
    if not as_json:
        say("")
    return {"prompt": prompt, "text": "".join(pieces)}
