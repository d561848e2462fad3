"""Checkpoints for custom training loops."""

import warnings
from pathlib import Path
from typing import Any

import keras

from kerasdl.checkpoint import files, random_state, state
from kerasdl.checkpoint.adapted import adapted
from kerasdl.checkpoint.snapshot import Snapshot
from kerasdl.errors import ModelFileError


def save(
    folder: str | Path, model: keras.Model, step: int, keep: int = 2, **own: Any
) -> Path:
    """Write a checkpoint atomically, and remove old ones.

    It holds the weights, optimizer, metrics and seed generators of a compiled model,
    and the random generators of Python, NumPy and the backend::

        for step in range(first, 1000):
            ...
            if step % 100 == 99:
                kerasdl.checkpoint.save("checkpoints", model, step + 1, epoch=epoch)

    Args:
        folder: Where the checkpoints are.
        model: The compiled model.
        step: Steps taken so far, which name the checkpoint.
        keep: Number of newest checkpoints that stay, at least 2.
        **own: Other values of the loop, as JSON values.

    Returns:
        The path of the checkpoint.

    Raises:
        StorageError: If writing fails; other checkpoints stay unchanged.
        ValueError: If `keep` is less than 2, or the model is not compiled.
    """
    if keep < 2:
        raise ValueError(f"`keep` (={keep}) must be ≥ 2: the newest may be damaged")
    if not model.compiled:
        raise ValueError("compile the model: its optimizer is part of the state")
    arrays, details = state.capture(model)
    random_arrays, random_details = random_state.capture()
    details |= {"about": state.about(model), "random": random_details, "own": own}
    path = files.write(Path(folder), Snapshot(step, arrays | random_arrays, details))
    files.prune(Path(folder), step, keep)
    return path


def load(folder: str | Path, model: keras.Model) -> tuple[int, dict[str, Any]] | None:
    """Restore a model and the random generators from the newest intact checkpoint.

    Each damaged checkpoint is skipped with a warning. Weights that were frozen when it
    was saved get fresh optimizer state, also with a warning.

    Args:
        folder: The folder passed to `save`.
        model: The same model, built and compiled.

    Returns:
        The steps taken and the `own` values of `save`, or None without a checkpoint.

    Raises:
        ModelFileError: If no checkpoint is intact, or if the newest is of another model
            or optimizer, which are then left unchanged.
    """

    def report(line: str) -> None:
        warnings.warn(line, stacklevel=3)

    snapshot = files.read_newest(Path(folder), report)
    if snapshot is None:
        return None
    if "own" not in snapshot.details:
        what = f"the newest checkpoint in {folder} was written by model.fit"
        raise ModelFileError(what, "restore it with kerasdl.callbacks.Checkpoint")
    random_state.check(snapshot.arrays, snapshot.details["random"])
    snapshot = adapted(model, snapshot, report)
    state.check(model, snapshot)
    state.restore(model, snapshot)
    random_state.restore(snapshot.arrays, snapshot.details["random"])
    return snapshot.step, snapshot.details["own"]
