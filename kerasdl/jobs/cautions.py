"""Findings about a run before its first step."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kerasdl.backend.wrong_gradients import wrong_gradients
from kerasdl.data.batches import updates_per_epoch
from kerasdl.finding import Finding
from kerasdl.jobs import assemble
from kerasdl.jobs.batch_norm_of_one import batch_norm_of_one

if TYPE_CHECKING:
    from kerasdl.jobs.session import Session


def cautions(session: "Session") -> Iterator[Finding]:
    """Yield findings about what is allowed but rarely intended."""
    config, model, batches = session.config, session.model, session.batches
    accumulate = config.training.accumulate
    if accumulate > len(batches):
        yield Finding(
            "accumulate",
            f"training.accumulate (={accumulate}) is more than the {len(batches)} "
            "batches of an epoch: there is one update an epoch",
            "lower it for more",
            "training.accumulate",
            accumulate,
            f"<= {len(batches)}",
        )
    updates = updates_per_epoch(len(batches), accumulate)
    steps = assemble.schedule_steps(config, config.training.epochs * updates)
    if too_long := config.schedule.caution(steps):
        yield too_long
    examples, batch_size = len(batches.examples), batches.batch_size
    if of_one := batch_norm_of_one(model, examples, batch_size):
        yield of_one
    yield from wrong_gradients(model)
