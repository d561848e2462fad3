"""Checkpoints on disk: whole and verified, or refused.

A checkpoint is a directory `step-00000420` of three files. `MANIFEST.json`, written last,
holds the length and the SHA-256 of the two others, and its own. Nothing is unpickled.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from kerasdl import manifest, storage, untrusted
from kerasdl.checkpoint.snapshot import Snapshot
from kerasdl.errors import ModelFileError

ARRAYS, DETAILS = "state.safetensors", "state.json"
FORMAT = 1
NAME = re.compile(r"step-(\d{8,})")
HINT = "restore it from a copy, or train again"


def path_of(folder: Path, step: int) -> Path:
    """Return where the checkpoint of a step lies."""
    return folder / f"step-{step:08d}"


def all_paths(folder: Path) -> list[Path]:
    """Return the checkpoints in a folder, oldest first: by step, never by clock."""
    if not folder.is_dir():
        return []
    steps = [NAME.fullmatch(path.name) for path in folder.iterdir()]
    return [path_of(folder, step) for step in sorted(int(m[1]) for m in steps if m)]


def write(folder: Path, snapshot: Snapshot) -> Path:
    """Write a checkpoint, in place of one of the same step, and return its path.

    Raises:
        StorageError: If the disk refuses; other checkpoints stay as they are.
        ValueError: If the details are more values than `read` takes.
    """
    arrays = {name: _plain(array) for name, array in snapshot.arrays.items()}
    files = {
        ARRAYS: safetensors.numpy.save(arrays),
        DETAILS: json.dumps(snapshot.details).encode(),
    }
    if untrusted.most_values(files[DETAILS]) > untrusted.MAX_JSON_VALUES:
        rule = f"are more than {untrusted.MAX_JSON_VALUES:,} values"
        raise ValueError(f"the details {rule}: let get_state() give NumPy arrays")
    described = {
        "format": FORMAT,
        "step": snapshot.step,
        "about": snapshot.details.get("about", {}),
        "files": {name: manifest.seal(content) for name, content in files.items()},
    }
    storage.make_directory(folder)
    path = path_of(folder, snapshot.step)
    if path.exists():
        storage.remove_directory(path)
    storage.write_directory(path, files | {manifest.NAME: manifest.to_bytes(described)})
    return path


def read(path: Path) -> Snapshot:
    """Return a checkpoint, every byte of which is as it was written.

    Raises:
        ModelFileError: If anything is missing, damaged or of another format.
    """
    try:
        described = manifest.read(path)
        step, seals = described["step"], described["files"]
        if described.get("format") != FORMAT:
            raise ValueError(f"format {described.get('format')!r} is not {FORMAT}")
        if path_of(path.parent, step).name != path.name:
            raise ValueError(f"{manifest.NAME} is of step {step}")
        arrays = safetensors.numpy.load(_read(path / ARRAYS, seals))
        details = untrusted.parse_json(_read(path / DETAILS, seals), DETAILS)
    except (
        FileNotFoundError, ValueError, KeyError, TypeError,
        safetensors.SafetensorError,
    ) as fault:  # fmt: skip
        raise ModelFileError(f"checkpoint {path} is damaged: {fault}", HINT) from fault
    except OSError as fault:
        what = f"checkpoint {path} cannot be read: {fault}"
        raise ModelFileError(what, HINT) from fault
    return Snapshot(step, arrays, details)


def read_newest(folder: Path, report: Callable[[str], None]) -> Snapshot | None:
    """Return the newest checkpoint that verifies; None if there was never any.

    Args:
        folder: Where the checkpoints are.
        report: Takes a line for each one that is passed over.

    Raises:
        ModelFileError: If there are checkpoints, and none verifies.
    """
    paths = all_paths(folder)
    for path in reversed(paths):
        try:
            return read(path)
        except ModelFileError as fault:
            report(f"{fault.what}; stepping back to the one before")
    if paths:
        what = f"none of the {len(paths)} checkpoints in {folder} verifies"
        raise ModelFileError(what, HINT)
    return None


def prune(folder: Path, newest: int, keep: int, best: int | None = None) -> None:
    """Remove all but the newest checkpoints and the best one.

    Nothing is removed unless the newest verifies. Those of later steps, which did not
    verify when training went on from before them, stay as they are.

    Args:
        folder: Where the checkpoints are.
        newest: The step of the newest.
        keep: How many of the newest stay.
        best: A step that stays, too.
    """
    paths = all_paths(folder)
    paths = paths[: paths.index(path_of(folder, newest)) + 1]
    old = [path for path in paths[:-keep] if path != path_of(folder, best or 0)]
    if old:
        read(paths[-1])
    for path in old:
        storage.remove_directory(path)


def _plain(array: np.ndarray) -> np.ndarray:
    """Return an array that safetensors writes as it is, and reads again.

    It takes memory as it lies, whatever the strides, and cannot read bfloat16.
    """
    dtype = "float32" if array.dtype.name == "bfloat16" else array.dtype
    return np.asarray(array, dtype, order="C")


def _read(path: Path, seals: dict[str, Any]) -> bytes:
    if path.stat().st_size == seals[path.name]["bytes"]:
        with untrusted.open_file(path) as file:
            content = file.read()
        if manifest.seal(content) == seals[path.name]:
            return content
    raise ValueError(f"{path.name} is not what was written")
