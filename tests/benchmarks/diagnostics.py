"""What watching adds to the time of training, at the default interval.

`KERAS_BACKEND=jax python -m tests.benchmarks.diagnostics` in the root of the repository. A
measurement of the layers is timed alone, after one that compiles, and divided by the batches
between two of them.
"""

import time
from statistics import median
from typing import Any

import click

from kerasdl.backend import select

select()  # before Keras is imported

import keras

from kerasdl.backend.feed import Feed
from kerasdl.callbacks import LossDiagnostics, ResourceDiagnostics
from kerasdl.callbacks.layer_statistics import LayerStatistics
from kerasdl.data import Batches
from kerasdl.jobs.first_batch import as_numpy
from kerasdl.jobs.watches import BATCHES
from tests.benchmarks.prepared import prepared

EPOCHS = {"mlp": 40, "cnn": 2}


def seconds(model: keras.Model, batches: Batches, epochs: int, *watches: Any) -> float:
    """Return the seconds that epochs take."""
    feed = Feed(batches)
    callbacks = [feed.follow(), *watches]
    begin = time.perf_counter()
    model.fit(feed, shuffle=False, verbose=0, epochs=epochs, callbacks=callbacks)
    return time.perf_counter() - begin


def measuring(model: keras.Model, batches: Batches, times: int) -> tuple[float, float]:
    """Return the seconds of the first measurement of the layers, and of later ones."""
    statistics, batch, took = LayerStatistics(model), as_numpy(batches.epoch(0)[0]), []
    for _ in range(times + 1):
        begin = time.perf_counter()
        statistics.measure(batch)
        took.append(time.perf_counter() - begin)
    return took[0], median(took[1:])


@click.command()
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
@click.option("--preset", "presets", multiple=True, type=click.Choice(list(EPOCHS)))
def main(rounds: int, presets: tuple[str, ...]) -> None:
    """Print what watching costs, on the backend that KERAS_BACKEND names."""
    for preset in presets or EPOCHS:
        model, batches = prepared(preset)
        epochs, pairs, plain = EPOCHS[preset], [], []
        seconds(model, batches, 1)
        for number in range(rounds):
            order = (False, True) if number % 2 else (True, False)
            took = {}
            for watched in order:
                told = [].append
                watches = [LossDiagnostics(told), ResourceDiagnostics(told)]
                used = watches if watched else []
                took[watched] = seconds(model, batches, epochs, *used)
            pairs.append(took[True] / took[False])
            plain.append(took[False])
        step = median(plain) / (epochs * len(batches))
        first, later = measuring(model, batches, rounds)
        click.echo(
            f"{preset:<4} on {keras.config.backend():<10} "
            f"step {1000 * step:.3g} ms, losses and resources {median(pairs) - 1:+.1%}, "
            f"layers {later / (BATCHES * step):+.1%} "
            f"({1000 * later:.0f} ms; {first:.1f} s the first time)"
        )


if __name__ == "__main__":
    main()
