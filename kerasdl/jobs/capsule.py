"""The step at which a run diverged, kept so that it can be taken again."""

import keras

from kerasdl import config as configs
from kerasdl.checkpoint import files, state
from kerasdl.checkpoint.snapshot import Snapshot
from kerasdl.config import Config
from kerasdl.data import Batches
from kerasdl.errors import ModelFileError
from kerasdl.optimizers import GradientMonitor
from kerasdl.rundir import RunDir


def write(
    run: RunDir,
    config: Config,
    model: keras.Model,
    monitor: GradientMonitor,
    batches: Batches,
) -> Snapshot | None:
    """Write the state before the first of the last skipped steps, and its batch.

    Skipped steps left weights and optimizer alone; the counts and the seed generators,
    which draw once a step, are put back.

    Returns:
        What is written; None if the last step was not skipped.

    Raises:
        StorageError: If the disk refuses.
    """
    steps, skipped, in_a_row = (
        int(keras.ops.convert_to_numpy(count))
        for count in (monitor.steps, monitor.skipped, monitor.skipped_in_a_row)
    )
    if not in_a_row:
        return None
    step = steps - in_a_row
    monitor.steps.assign(step)
    monitor.skipped.assign(skipped - in_a_row)
    monitor.skipped_in_a_row.assign(0)
    for _, seed_and_counter in state.seeds(model):
        value = keras.ops.convert_to_numpy(seed_and_counter)
        seed_and_counter.assign([value[0], value[1] - in_a_row])
    arrays, details = state.capture(model)
    epoch, batch = divmod(step, len(batches))
    x, y = batches.epoch(epoch)[batch]
    details |= {
        "about": state.about(model),
        "config": configs.to_toml(config),
        "epoch": epoch,
        "batch": batch,
        "total_steps": config.training.epochs * len(batches),
    }
    snapshot = Snapshot(step, arrays | {"batch/x": x, "batch/y": y}, details)
    files.write(run.capsule, snapshot)
    return snapshot


def read(run: RunDir) -> Snapshot:
    """Return what `write` wrote.

    Raises:
        ModelFileError: If there is none, or it is damaged.
    """
    paths = files.all_paths(run.capsule)
    if not paths:
        what = f"{run.path} has no capsule"
        raise ModelFileError(what, "only a run with skipped steps leaves one")
    return files.read(paths[-1])
