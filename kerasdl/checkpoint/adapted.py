"""Checkpoints adapted to the model that restores them."""

from collections.abc import Callable

import keras

from kerasdl.checkpoint.older import translated
from kerasdl.checkpoint.renumbered import renumbered
from kerasdl.checkpoint.snapshot import Snapshot
from kerasdl.checkpoint.stages import for_stage


def adapted(
    model: keras.Model, snapshot: Snapshot, report: Callable[[str], None]
) -> Snapshot:
    """Return the snapshot with the names, counts and slots of the model at hand.

    Args:
        model: The compiled model.
        snapshot: A snapshot of any version and stage.
        report: Called with a line for each change that a user must know.
    """
    latest = translated(model, snapshot)
    if latest is not snapshot:
        report(
            "the checkpoint is of version 0.1.0: from now on, "
            "no weight update takes batches of two epochs"
        )
    return for_stage(model, renumbered(model, latest), report)
