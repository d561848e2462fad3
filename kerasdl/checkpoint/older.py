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
NUMBERED = ("optimizer/iteration", "optimizer/learning_rate")
"""What every optimizer has; names are numbered from the outermost one on."""


def translated(model: keras.Model, snapshot: Snapshot) -> Snapshot:
    """Return the snapshot, or what stands for it if version 0.1.0 accumulated gradients.

    It let Keras sum them, counted batches instead of updates, and let an update take
    batches of two epochs. Counts become those of updates that end with the epoch; the
    gradients of an unfinished update, of fewer batches than `training.accumulate`, are
    left out.

    Args:
        model: The compiled model that shall have the state of the snapshot.
        snapshot: Of any version.
    """
    now, saved = state.optimizer_name(model), snapshot.details["optimizer"]
    summed = any(name.endswith(FORMER_SUMS) for name in snapshot.arrays)
    if now != ACCUMULATOR + saved or not summed:
        return snapshot
    snapshot = without_sums(snapshot)
    optimizer: Any = model.optimizer
    epoch, batch = snapshot.details["epoch"], snapshot.details["batch"]
    per_epoch = math.ceil(optimizer.steps_per_epoch / optimizer.steps)
    updates = epoch * per_epoch + batch // optimizer.steps
    fresh, details = state.capture(model)
    kept = {n: a for n, a in fresh.items() if n.startswith("optimizer/")}
    arrays = kept | {_renumbered(n): a for n, a in snapshot.arrays.items()}
    for name, variable in state.variables(model).items():
        if variable is optimizer.iterations or name == "optimizer/steps":
            arrays[name] = np.array(updates, state.INTEGERS)
    arrays["optimizer/batch"] = np.array(batch, state.INTEGERS)
    callbacks = [
        _counted_anew(callback, epoch * per_epoch)
        for callback in snapshot.details.get("callbacks", [])
    ]
    changed = {"dtypes": details["dtypes"], "optimizer": now, "callbacks": callbacks}
    return replace(snapshot, arrays=arrays, details=snapshot.details | changed)


def without_sums(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot without the gradients that Keras has summed."""
    dtypes = snapshot.details["dtypes"]
    dtypes = {n: d for n, d in dtypes.items() if not n.endswith(FORMER_SUMS)}
    arrays = {n: a for n, a in snapshot.arrays.items() if not n.endswith(FORMER_SUMS)}
    details = snapshot.details | {"dtypes": dtypes}
    return replace(snapshot, arrays=arrays, details=details)


def _renumbered(name: str) -> str:
    """Return the name as it is behind one more optimizer."""
    first, _, number = name.partition("#")
    return f"{first}#{int(number or 0) + 1}" if first in NUMBERED else name


def _counted_anew(callback: dict[str, Any], updates: int) -> dict[str, Any]:
    """Return what `NaNGuard` knows of the epoch's beginning, in updates."""
    if callback["kind"] != "NaNGuard":
        return callback
    _, skipped = callback["state"]["before"]["value"]
    return callback | {"state": {"before": {"value": [updates, skipped]}}}
