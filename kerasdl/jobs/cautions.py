"""Warnings about a run before its first step."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kerasdl.backend.wrong_gradients import wrong_gradients
from kerasdl.data.batches import updates_per_epoch
from kerasdl.jobs import assemble
from kerasdl.jobs.batch_norm_of_one import batch_norm_of_one

if TYPE_CHECKING:
    from kerasdl.jobs.session import Session


def cautions(session: "Session") -> Iterator[tuple[str, str]]:
    """Yield `(event kind, warning)` for what is allowed but rarely intended."""
    config, model, batches = session.config, session.model, session.batches
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
    if line := batch_norm_of_one(model, len(batches.examples), batches.batch_size):
        yield "batch-normalization", line
    for line in wrong_gradients(model):
        yield "wrong-gradient", line
