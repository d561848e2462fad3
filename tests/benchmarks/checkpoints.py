"""What saving adds to the time of training, at the default interval."""

import tempfile
import time
from pathlib import Path
from statistics import median

import click

from kerasdl.backend import select

select()  # before Keras is imported

import keras

from kerasdl import accelerate
from kerasdl import config as configs
from kerasdl.backend.feed import Feed
from kerasdl.callbacks import Checkpoint
from kerasdl.data import Batches
from kerasdl.jobs import assemble
from kerasdl.jobs.build_session import build_session
from kerasdl.jobs.plan import total_steps

EPOCHS = {"mlp": 200, "cnn": 8}


def trained(preset: str, *, saving: bool) -> float:
    """Return the seconds that the epochs of a preset take, after the first one."""
    config = configs.load(preset)
    parts = build_session(config)
    split, training = parts.dataset.train, config.training
    optimizer = assemble.optimizer(config, parts.model, total_steps(config, len(split)))
    parts.model.compile(optimizer, **assemble.compile_arguments(config))
    accelerate(parts.model)
    feed = Feed(Batches(split, training.batch_size, training.seed))
    given = {"shuffle": False, "verbose": 0}
    parts.model.fit(feed, epochs=1, callbacks=[feed.follow()], **given)
    with tempfile.TemporaryDirectory() as folder:
        saves = [Checkpoint(Path(folder), monitor="loss")] if saving else []
        begin = time.perf_counter()
        callbacks: list[keras.callbacks.Callback] = [feed.follow(), *saves]
        parts.model.fit(feed, epochs=EPOCHS[preset], callbacks=callbacks, **given)
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
