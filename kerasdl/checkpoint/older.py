"""Conversion of checkpoints of version 0.1.0."""

import math
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from kerasdl.checkpoint import state
from kerasdl.checkpoint.snapshot import Snapshot

ACCUMULATOR = "GradientAccumulator of "
KERAS_SUMS = "_gradient_accumulator"
"""Suffix of the variables in which Keras accumulates gradients."""
NUMBERED_NAMES = ("optimizer/iteration", "optimizer/learning_rate")
"""Names that every optimizer has; they are numbered from the outermost optimizer on."""


def translated(model: keras.Model, snapshot: Snapshot) -> Snapshot:
    """Return the snapshot, converted if version 0.1.0 accumulated gradients in it.

    Version 0.1.0 let Keras accumulate them, counted batches instead of updates, and let
    an update span two epochs. Batch counts become counts of updates that end with the
    epoch. The gradients of an unfinished update, of fewer batches than
    `training.accumulate`, are dropped.

    Args:
        model: The compiled model to restore.
        snapshot: A snapshot of any version.
    """
    current, saved = state.optimizer_name(model), snapshot.details["optimizer"]
    summed = any(name.endswith(KERAS_SUMS) for name in snapshot.arrays)
    if current != ACCUMULATOR + saved or not summed:
        return snapshot
    snapshot = without_sums(snapshot)
    optimizer: Any = model.optimizer
    epoch, batch = snapshot.details["epoch"], snapshot.details["batch"]
    per_epoch = math.ceil(optimizer.steps_per_epoch / optimizer.steps)
    updates = epoch * per_epoch + batch // optimizer.steps
    initial, details = state.capture(model)
    optimizer_arrays = {n: a for n, a in initial.items() if n.startswith("optimizer/")}
    arrays = optimizer_arrays | {_renumbered(n): a for n, a in snapshot.arrays.items()}
    for name, variable in state.variables(model).items():
        if variable is optimizer.iterations or name == "optimizer/steps":
            arrays[name] = np.array(updates, state.INTEGERS)
    arrays["optimizer/batch"] = np.array(batch, state.INTEGERS)
    callbacks = [
        _in_updates(callback, epoch * per_epoch)
        for callback in snapshot.details.get("callbacks", [])
    ]
    changed = {
        "dtypes": details["dtypes"],
        "optimizer": current,
        "callbacks": callbacks,
    }
    return replace(snapshot, arrays=arrays, details=snapshot.details | changed)


def without_sums(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot without the gradients that Keras accumulated."""
    dtypes = snapshot.details["dtypes"]
    dtypes = {n: d for n, d in dtypes.items() if not n.endswith(KERAS_SUMS)}
    arrays = {n: a for n, a in snapshot.arrays.items() if not n.endswith(KERAS_SUMS)}
    details = snapshot.details | {"dtypes": dtypes}
    return replace(snapshot, arrays=arrays, details=details)


def _renumbered(name: str) -> str:
    """Return the name of a variable after one more optimizer wraps its own."""
    first, _, number = name.partition("#")
    return f"{first}#{int(number or 0) + 1}" if first in NUMBERED_NAMES else name


def _in_updates(callback: dict[str, Any], updates: int) -> dict[str, Any]:
    """Convert the counts of `NaNGuard` at the epoch start to updates."""
    if callback["kind"] != "NaNGuard":
        return callback
    _, skipped = callback["state"]["before"]["value"]
    return callback | {"state": {"before": {"value": [updates, skipped]}}}
