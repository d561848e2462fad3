"""Checkpoints on disk, written atomically and verified when read.

A checkpoint is a directory `step-00000420` of three files. `MANIFEST.json` is written
last. It holds the length and SHA-256 of the two others, and its own SHA-256. Nothing is
unpickled.
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
    """Return the path of the checkpoint of a step."""
    return folder / f"step-{step:08d}"


def all_paths(folder: Path) -> list[Path]:
    """Return the checkpoints in a folder, oldest first, by step and not by clock."""
    if not folder.is_dir():
        return []
    steps = [NAME.fullmatch(path.name) for path in folder.iterdir()]
    return [path_of(folder, step) for step in sorted(int(m[1]) for m in steps if m)]


def write(folder: Path, snapshot: Snapshot) -> Path:
    """Write a checkpoint, replacing one of the same step, and return its path.

    Raises:
        StorageError: If writing fails; other checkpoints stay unchanged.
        ValueError: If the details have more values than `read` accepts.
    """
    arrays = {name: _storable(array) for name, array in snapshot.arrays.items()}
    files = {
        ARRAYS: safetensors.numpy.save(arrays),
        DETAILS: json.dumps(snapshot.details).encode(),
    }
    if untrusted.most_values(files[DETAILS]) > untrusted.MAX_JSON_VALUES:
        rule = f"more than {untrusted.MAX_JSON_VALUES:,} values"
        raise ValueError(f"the state has {rule}: return NumPy arrays in get_state()")
    contents = {
        "format": FORMAT,
        "step": snapshot.step,
        "about": snapshot.details.get("about", {}),
        "files": {name: manifest.seal(content) for name, content in files.items()},
    }
    storage.make_directory(folder)
    path = path_of(folder, snapshot.step)
    if path.exists():
        storage.remove_directory(path)
    storage.write_directory(path, files | {manifest.NAME: manifest.to_bytes(contents)})
    return path


def read(path: Path) -> Snapshot:
    """Return a checkpoint, after verifying every byte of it.

    Raises:
        ModelFileError: If anything is missing, damaged or of another format.
    """
    try:
        contents = manifest.read(path)
        step, seals = contents["step"], contents["files"]
        if contents.get("format") != FORMAT:
            raise ValueError(f"format {contents.get('format')!r} is not {FORMAT}")
        if path_of(path.parent, step).name != path.name:
            raise ValueError(f"{manifest.NAME} is for step {step}")
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
    """Return the newest intact checkpoint, or None if there is no checkpoint at all.

    Args:
        folder: Where the checkpoints are.
        report: Receives a line for each damaged checkpoint that is skipped.

    Raises:
        ModelFileError: If there are checkpoints, and none is intact.
    """
    paths = all_paths(folder)
    for path in reversed(paths):
        try:
            return read(path)
        except ModelFileError as fault:
            report(f"{fault.what}; trying the previous one")
    if paths:
        what = f"none of the {len(paths)} checkpoints in {folder} is intact"
        raise ModelFileError(what, HINT)
    return None


def prune(folder: Path, newest: int, keep: int, best: int | None = None) -> None:
    """Remove all but the newest checkpoints and the best one.

    Nothing is removed unless the newest is intact. Checkpoints of later steps also
    stay: they were damaged, and training resumed from before them.

    Args:
        folder: Where the checkpoints are.
        newest: The step of the newest checkpoint.
        keep: Number of newest checkpoints that stay.
        best: A step that also stays.
    """
    paths = all_paths(folder)
    paths = paths[: paths.index(path_of(folder, newest)) + 1]
    old = [path for path in paths[:-keep] if path != path_of(folder, best or 0)]
    if old:
        read(paths[-1])
    for path in old:
        storage.remove_directory(path)


def _storable(array: np.ndarray) -> np.ndarray:
    """Return an array that safetensors writes unchanged and can read.

    It ignores strides, and cannot read bfloat16.
    """
    dtype = "float32" if array.dtype.name == "bfloat16" else array.dtype
    return np.asarray(array, dtype, order="C")


def _read(path: Path, seals: dict[str, Any]) -> bytes:
    if path.stat().st_size == seals[path.name]["bytes"]:
        with untrusted.open_file(path) as file:
            content = file.read()
        if manifest.seal(content) == seals[path.name]:
            return content
    raise ValueError(f"{path.name} does not match {manifest.NAME}")
