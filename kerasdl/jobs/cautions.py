"""What a user should know of a run before its first step."""

from collections.abc import Iterator

import keras

from kerasdl.backend.wrong_gradients import wrong_gradients
from kerasdl.config import Config
from kerasdl.data import Batches
from kerasdl.data.batches import updates_per_epoch
from kerasdl.jobs import assemble
from kerasdl.jobs.lone_values import lone_values


def cautions(
    config: Config, model: keras.Model, batches: Batches
) -> Iterator[tuple[str, str]]:
    """Yield what is allowed and seldom meant, each with the kind of its event.

    Args:
        config: The resolved config.
        model: The model, built.
        batches: The training split.
    """
    accumulate = config.training.accumulate
    if accumulate > len(batches):
        line = (
            f"training.accumulate (={accumulate}) is more than the {len(batches)} "
            "batches of an epoch: there is one update an epoch — lower it for more"
        )
        yield "accumulate", line
    updates = updates_per_epoch(len(batches), accumulate)
    steps = assemble.schedule_steps(config, config.training.epochs * updates)
    if line := config.schedule.caution(steps):
        yield "schedule", line
    if line := lone_values(model, len(batches.examples), batches.batch_size):
        yield "batch-normalization", line
    for line in wrong_gradients(model):
        yield "wrong-gradient", line
