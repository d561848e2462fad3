"""What saving adds to the time of training, at the default interval."""

import tempfile
import time
from pathlib import Path
from statistics import median

import click

from kerasdl.backend import select

select()  # before Keras is imported

import keras

from kerasdl.backend.feed import Feed
from kerasdl.callbacks import Checkpoint
from tests.benchmarks.prepared import prepared

EPOCHS = {"mlp": 200, "cnn": 8}


def trained(preset: str, *, saving: bool) -> float:
    """Return the seconds that the epochs of a preset take, after the first one."""
    model, batches = prepared(preset)
    feed = Feed(batches)
    given = {"shuffle": False, "verbose": 0}
    model.fit(feed, epochs=1, callbacks=[feed.follow()], **given)
    with tempfile.TemporaryDirectory() as folder:
        saves = [Checkpoint(Path(folder), monitor="loss")] if saving else []
        begin = time.perf_counter()
        callbacks: list[keras.callbacks.Callback] = [feed.follow(), *saves]
        model.fit(feed, epochs=EPOCHS[preset], callbacks=callbacks, **given)
        return time.perf_counter() - begin


@click.command()
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
def main(rounds: int) -> None:
    """Print what checkpoints cost, on the backend that KERAS_BACKEND names."""
    for preset in EPOCHS:
        pairs = []
        for number in range(rounds):
            order = (False, True) if number % 2 else (True, False)
            seconds = {saving: trained(preset, saving=saving) for saving in order}
            pairs.append(seconds[True] / seconds[False])
        click.echo(
            f"{preset:<4} on {keras.config.backend():<10} "
            f"{median(pairs) - 1:+.1%} of {seconds[False]:.1f} s with checkpoints"
        )


if __name__ == "__main__":
    main()
