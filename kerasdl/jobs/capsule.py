"""The capsule: state and batches of the step at which a run diverged, for `replay`."""

import itertools
import tomllib

import keras
import numpy as np

from kerasdl import config as configs
from kerasdl.checkpoint import details as details_of
from kerasdl.checkpoint import files, state
from kerasdl.checkpoint.snapshot import Snapshot
from kerasdl.config import Config
from kerasdl.data import Batches
from kerasdl.data.batches import updates_per_epoch
from kerasdl.errors import ModelFileError
from kerasdl.optimizers import GradientAccumulator, GradientMonitor, find
from kerasdl.rundir import RunDir

BATCH = ("x", "y", "weights")
"""Names of the arrays of a batch, in their order."""


def write(
    run: RunDir,
    config: Config,
    model: keras.Model,
    monitor: GradientMonitor,
    batches: Batches,
) -> Snapshot | None:
    """Write the first of the latest skipped steps: the state before it, and its batches.

    Skipped steps do not change weights and optimizer. The counters and the seed
    generators, which draw once a batch, are rewound.

    Returns:
        The snapshot written; None if the last step was not skipped.

    Raises:
        StorageError: If it cannot be written.
    """
    steps, skipped, in_a_row = (
        int(keras.ops.convert_to_numpy(count))
        for count in (monitor.steps, monitor.skipped, monitor.skipped_in_a_row)
    )
    if not in_a_row:
        return None
    accumulate = config.training.accumulate
    updates = updates_per_epoch(len(batches), accumulate)
    epoch, update = divmod(steps - in_a_row, updates)
    batch = update * accumulate
    accumulator = find(model.optimizer, GradientAccumulator)
    batches_seen = accumulator.restart_window(batch) if accumulator else steps % updates
    drawn = (steps // updates - epoch) * len(batches) + batches_seen - batch
    monitor.steps.assign(steps - in_a_row)
    monitor.skipped.assign(skipped - in_a_row)
    monitor.skipped_in_a_row.assign(0)
    for _, seed_and_counter in state.seeds(model):
        value = keras.ops.convert_to_numpy(seed_and_counter)
        seed_and_counter.assign([value[0], value[1] - drawn])
    arrays, details = state.capture(model)
    details |= {
        "about": state.about(model),
        "config": configs.to_toml(config),
        "epoch": epoch,
        "batch": batch,
        "batches_per_epoch": len(batches),
    }
    epoch_batches = batches.epoch(epoch)
    window = range(batch, min(batch + accumulate, len(batches)))
    for number, members in enumerate(map(epoch_batches.__getitem__, window)):
        named = zip(BATCH, members, strict=False)  # few runs have weights
        arrays |= {f"batch/{name}/{number}": array for name, array in named}
    snapshot = Snapshot(steps - in_a_row, arrays, details)
    files.write(run.capsule, snapshot)
    return snapshot


def batches_of(snapshot: Snapshot) -> list[tuple[np.ndarray, ...]]:
    """Return the inputs, targets and perhaps weights of every batch of the step."""
    arrays = snapshot.arrays
    if "batch/x" in arrays:  # a run of version 0.1.0, whose steps took one batch
        return [(arrays["batch/x"], arrays["batch/y"])]
    numbers = itertools.takewhile(
        lambda number: f"batch/x/{number}" in arrays, itertools.count()
    )
    weighted = BATCH if "batch/weights/0" in arrays else BATCH[:2]
    return [tuple(arrays[f"batch/{name}/{n}"] for name in weighted) for n in numbers]


def check(snapshot: Snapshot, inputs: tuple[int, ...]) -> None:
    """Check that a capsule holds a step to replay.

    Args:
        snapshot: The capsule, from `read`.
        inputs: The shape of one input.

    Raises:
        ModelFileError: If it does not.
    """
    try:
        batches = batches_of(snapshot)
        if not batches or not 0 < batches_per_epoch(snapshot) < 2**53:
            raise ValueError("no batch")
        for x, y, *weights in batches:
            if x.shape[1:] != inputs or len(x) != len(y) or not len(x):
                raise ValueError(f"a batch of {x.shape} inputs and {y.shape} targets")
            if any(each.shape != (len(x),) for each in weights):
                raise ValueError(f"{weights[0].shape} weights of {len(x)} examples")
    except (
        KeyError, TypeError, ValueError, OverflowError, ZeroDivisionError
    ) as fault:  # fmt: skip
        what = f"the capsule holds no step to replay: {fault}"
        raise ModelFileError(what, "restore it from a copy") from fault


def batches_per_epoch(snapshot: Snapshot) -> int:
    """Return the number of batches in an epoch of the run."""
    details = snapshot.details
    if "total_steps" in details:  # a run of version 0.1.0
        epochs = tomllib.loads(details["config"])["training"]["epochs"]
        return int(details["total_steps"]) // int(epochs)
    return int(details["batches_per_epoch"])


def read(run: RunDir) -> Snapshot:
    """Return the capsule of a run.

    Raises:
        ModelFileError: If there is none, or it is damaged.
    """
    paths = files.all_paths(run.capsule)
    if not paths:
        what = f"{run.path} has no capsule"
        raise ModelFileError(what, "only a run with skipped steps has one")
    snapshot = files.read(paths[-1])
    details_of.check(snapshot.details, details_of.CAPSULE)
    return snapshot
