"""Manifests: the length and SHA-256 of each file in a folder.

They protect against accidents, not forgery: anyone can write a manifest that matches
changed files.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from kerasdl import storage, untrusted
from kerasdl.errors import ModelFileError

NAME = "MANIFEST.json"
FILES = (
    "calibration.json", "checkpoints/best.json", "config.toml", "data.npz", "data.tsv",
    "environment.json", "evaluation/explanations.json", "evaluation/groups.json",
    "evaluation/model.json", "evaluation/robustness.json", "evaluation/test.json",
    "evaluation/test.npz", "events.jsonl", "metrics.jsonl", "model.keras",
    "preprocessing.json", "report.html", "result.json", "test.tsv",
)  # fmt: skip
"""The files of a run, except checkpoints and the capsule, which have their own
manifests. Other files in the folder are the user's."""
MAX_BYTES = 1 << 20
"""A longer manifest is refused without reading it."""


def seal(content: bytes) -> dict[str, Any]:
    """Return the length and the SHA-256 of a file's content."""
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def seal_file(path: Path) -> dict[str, Any]:
    """Return the length and the SHA-256 of a file.

    Raises:
        OSError: If it cannot be read.
        UnsafeError: As `untrusted.open_file`.
    """
    with untrusted.open_file(path) as file:
        digest = hashlib.file_digest(file, "sha256")  # pyright: ignore[reportArgumentType]
        return {"bytes": file.tell(), "sha256": digest.hexdigest()}


def to_bytes(manifest: dict[str, Any]) -> bytes:
    """Return the canonical bytes of a manifest."""
    unsealed = {name: value for name, value in manifest.items() if name != "sha256"}
    digest = hashlib.sha256(json.dumps(unsealed, sort_keys=True).encode()).hexdigest()
    return json.dumps(unsealed | {"sha256": digest}, indent=2, sort_keys=True).encode()


def read(folder: Path) -> dict[str, Any]:
    """Return the manifest of a folder.

    Raises:
        OSError: If it is missing or cannot be read.
        UnsafeError: As `untrusted.read_bytes`.
        ValueError: If it was changed after it was written.
    """
    content = untrusted.read_bytes(folder / NAME, MAX_BYTES)
    manifest = untrusted.parse_json(content, NAME)
    if not isinstance(manifest, dict) or to_bytes(manifest) != content:
        raise ValueError(f"{NAME} was changed after it was written")
    return manifest


def write_run(folder: Path) -> None:
    """Write the manifest of a run directory; checkpoints have their own.

    Raises:
        StorageError: If writing fails.
    """
    files = {name: seal_file(folder / name) for name in _existing(folder)}
    content = to_bytes({"format": 1, "files": files})
    storage.write_text(folder / NAME, content.decode())


def edited(folder: Path) -> list[str] | None:
    """Return the files of a run directory that changed after they were sealed.

    Returns None without a manifest: the run is of an older version, or was killed.

    Raises:
        UnsafeError: As `untrusted.open_file`.
    """
    try:
        files = read(folder)["files"]
        names = sorted(set(files) | set(_existing(folder)))
        return [
            name for name in names if _current_seal(folder, name) != files.get(name)
        ]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return [NAME]


def check_seal(folder: Path, trust_edits: bool) -> list[str] | None:
    """Return the files that changed after they were sealed, or None if not sealed.

    A run is not sealed if it was killed, or is of an older version. The seal protects
    against accidents, not forgery.

    Args:
        folder: A run directory.
        trust_edits: Whether changed files are accepted.

    Raises:
        ModelFileError: If a file changed, unless `trust_edits`.
        UnsafeError: As `untrusted.open_file`.
    """
    names = edited(folder)
    if names and not trust_edits:
        what = f"{', '.join(names)} of {folder} changed since the run was written"
        raise ModelFileError(what, "restore the files, or pass --trust-edits")
    return names


def _current_seal(folder: Path, name: str) -> dict[str, Any] | None:
    if ".." in Path(name).parts or Path(name).is_absolute():
        return None
    try:
        return seal_file(folder / name)
    except OSError:
        return None


def _existing(folder: Path) -> list[str]:
    """Return the names of the files of a run that exist."""
    return [name for name in FILES if os.path.lexists(folder / name)]
