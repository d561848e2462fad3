"""Checkpoints for training loops of your own."""

import warnings
from pathlib import Path
from typing import Any

import keras

from kerasdl.checkpoint import files, random_state, state
from kerasdl.checkpoint.snapshot import Snapshot
from kerasdl.errors import ModelFileError


def save(
    folder: str | Path, model: keras.Model, step: int, keep: int = 2, **own: Any
) -> Path:
    """Write a checkpoint, whole or not at all, and remove old ones.

    It holds weights, optimizer, metrics and seed generators of a compiled model, and the
    generators of Python, NumPy and the backend::

        for step in range(first, 1000):
            ...
            if step % 100 == 99:
                kerasdl.checkpoint.save("checkpoints", model, step + 1, epoch=epoch)

    Args:
        folder: Where checkpoints are.
        model: The model, compiled.
        step: Steps taken since the beginning, which name the checkpoint.
        keep: How many of the newest stay, at least 2.
        **own: Whatever else the loop needs, as JSON values.

    Returns:
        The path of the checkpoint.

    Raises:
        StorageError: If the disk refuses; other checkpoints stay as they are.
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
    """Give a model, and the generators, the state of the newest checkpoint.

    A damaged one is passed over, with a warning.

    Args:
        folder: Where `save` wrote.
        model: The same model, built and compiled.

    Returns:
        The steps taken, and what else `save` was given; None if there is no checkpoint.

    Raises:
        ModelFileError: If there are checkpoints, and none verifies, or the newest is of
            another model or optimizer, which stay as they are.
    """
    snapshot = files.read_newest(
        Path(folder), lambda line: warnings.warn(line, stacklevel=3)
    )
    if snapshot is None:
        return None
    if "own" not in snapshot.details:
        what = f"the newest checkpoint in {folder} is of model.fit"
        raise ModelFileError(what, "give it to kerasdl.callbacks.Checkpoint")
    random_state.check(snapshot.arrays, snapshot.details["random"])
    state.check(model, snapshot)
    state.restore(model, snapshot)
    random_state.restore(snapshot.arrays, snapshot.details["random"])
    return snapshot.step, snapshot.details["own"]
