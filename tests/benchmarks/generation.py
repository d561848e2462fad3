"""Tokens a second that a language model writes, beside `generate` of transformers.

`python -m tests.benchmarks.generation` in the root of the repository. Both have the same
random weights of a small GPT-2 and write greedily, with kept keys and values. They take
turns; the figures are medians of the rounds, and of the ratios within a round. transformers
runs under PyTorch whatever the backend is.
"""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import click

from kerasdl.backend import BACKENDS, select

SIZES = {
    "vocab_size": 2048,
    "n_positions": 256,
    "n_embd": 256,
    "n_layer": 4,
    "n_head": 4,
    "bos_token_id": 0,
    "eos_token_id": None,
}


@click.command(help=__doc__)
@click.option("--backend", default="torch", type=click.Choice(BACKENDS))
@click.option("--tokens", default=200, show_default=True, type=click.IntRange(1, 255))
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1))
def main(backend: str, tokens: int, rounds: int) -> None:
    import torch  # before other backends, beside which it can crash
    from transformers import GPT2Config, GPT2LMHeadModel

    theirs = GPT2LMHeadModel(GPT2Config(**SIZES)).eval()
    prompt = torch.ones((1, 1), dtype=torch.long)
    select(backend)
    os.chdir(tempfile.mkdtemp())
    theirs.save_pretrained("gpt2")

    import numpy as np

    from kerasdl.models import FAMILIES
    from kerasdl.models.cached import Cached
    from kerasdl.models.published.load import load_published
    from kerasdl.models.published.source import published

    ours = FAMILIES["gpt"](
        (SIZES["n_positions"],), SIZES["vocab_size"], width=SIZES["n_embd"],
        positions=SIZES["n_positions"], depth=SIZES["n_layer"], num_heads=SIZES["n_head"], mlp_units=4 * SIZES["n_embd"],
    )  # fmt: skip
    with published(Path("gpt2")) as weights:
        load_published(ours, weights.tensors, "gpt", "gpt2")

    def of_ours() -> list[int]:
        cached, written = Cached(ours), [1]
        for _ in range(tokens):
            written.append(int(cached.read(np.array(written[-1:])).argmax()))
        return written

    def of_theirs() -> list[int]:
        given = {"max_new_tokens": tokens, "min_new_tokens": tokens, "do_sample": False}
        return theirs.generate(prompt, **given)[0].tolist()

    assert of_ours() == of_theirs()
    seconds = [(_timed(of_ours), _timed(of_theirs)) for _ in range(rounds)]
    own, other = (tokens / median(each) for each in zip(*seconds, strict=True))
    ratio = median(slow / fast for fast, slow in seconds)
    click.echo(f"{backend}: {own:,.0f} tokens a second, transformers {other:,.0f}")
    click.echo(f"kerasdl is {ratio:.2f} times as fast")


def _timed(write: Callable[[], list[int]]) -> float:
    begin = time.perf_counter()
    write()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
