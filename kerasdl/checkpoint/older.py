"""Checkpoints of version 0.1.0, as this version would have written them."""

import math
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from kerasdl.checkpoint import state
from kerasdl.checkpoint.snapshot import Snapshot

ACCUMULATOR = "GradientAccumulator of "
FORMER_SUMS = "_gradient_accumulator"
"""What the names of Keras's own sums of gradients end in."""


def translated(model: keras.Model, snapshot: Snapshot) -> Snapshot:
    """Return the snapshot, or what stands for it if version 0.1.0 accumulated gradients.

    It let Keras sum them, counted batches instead of updates, and let an update take
    batches of two epochs. Counts become those of updates that end with the epoch; the
    gradients of an unfinished update, of fewer batches than `training.accumulate`, are
    left out.

    Args:
        model: The compiled model that shall take up the snapshot.
        snapshot: Of any version.
    """
    now, saved = state.optimizer_name(model), snapshot.details["optimizer"]
    if now != ACCUMULATOR + saved:
        return snapshot
    optimizer: Any = model.optimizer
    epoch, batch = snapshot.details["epoch"], snapshot.details["batch"]
    per_epoch = math.ceil(optimizer.steps_per_epoch / optimizer.steps)
    updates = epoch * per_epoch + batch // optimizer.steps
    arrays = {n: a for n, a in snapshot.arrays.items() if not n.endswith(FORMER_SUMS)}
    dtypes = snapshot.details["dtypes"]
    dtypes = {n: d for n, d in dtypes.items() if not n.endswith(FORMER_SUMS)}
    fresh, details = state.capture(model)
    for name in details["dtypes"].keys() - dtypes.keys():
        if name.startswith("optimizer/"):
            arrays[name], dtypes[name] = fresh[name], details["dtypes"][name]
    for name, count in (("iteration", updates), ("steps", updates), ("batch", batch)):
        arrays[f"optimizer/{name}"] = np.array(count, state.INTEGERS)
    return replace(
        snapshot,
        arrays=arrays,
        details=snapshot.details | {"dtypes": dtypes, "optimizer": now},
    )
