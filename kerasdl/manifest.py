"""Manifests: what each file of a folder was when it was written.

They guard against accidents, not against forgery: who changes a file on purpose can
write a manifest that fits it.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from kerasdl import storage, untrusted

NAME = "MANIFEST.json"
FILES = (
    "checkpoints/best.json", "config.toml", "data.npz", "environment.json", "events.jsonl",
    "metrics.jsonl", "model.keras", "preprocessing.json", "result.json",
)  # fmt: skip
"""What a run writes, but for checkpoints and the capsule, which have manifests of their
own. Other files in its folder are the user's."""
MAX_BYTES = 1 << 20
"""A manifest is refused, unread, if it is longer."""


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
    """Return the only bytes that a manifest may be written as."""
    open_ = {name: value for name, value in manifest.items() if name != "sha256"}
    digest = hashlib.sha256(json.dumps(open_, sort_keys=True).encode()).hexdigest()
    return json.dumps(open_ | {"sha256": digest}, indent=2, sort_keys=True).encode()


def read(folder: Path) -> dict[str, Any]:
    """Return the manifest of a folder.

    Raises:
        OSError: If it is missing or cannot be read.
        UnsafeError: As `untrusted.read_bytes`.
        ValueError: If it is not what was written.
    """
    content = untrusted.read_bytes(folder / NAME, MAX_BYTES)
    manifest = untrusted.parse_json(content, NAME)
    if not isinstance(manifest, dict) or to_bytes(manifest) != content:
        raise ValueError(f"{NAME} is not what was written")
    return manifest


def write_run(folder: Path) -> None:
    """Seal the files of a run directory; checkpoints have manifests of their own.

    Raises:
        StorageError: If the disk refuses.
    """
    files = {name: seal_file(folder / name) for name in _there(folder)}
    content = to_bytes({"format": 1, "files": files})
    storage.write_text(folder / NAME, content.decode())


def edited(folder: Path) -> list[str] | None:
    """Return the files of a run directory that are not as they were sealed.

    None if it has no manifest: it is of an older version, or was killed.

    Raises:
        UnsafeError: As `untrusted.open_file`.
    """
    try:
        files = read(folder)["files"]
        names = sorted(set(files) | set(_there(folder)))
        return [name for name in names if _now(folder, name) != files.get(name)]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return [NAME]


def _now(folder: Path, name: str) -> dict[str, Any] | None:
    if ".." in Path(name).parts or Path(name).is_absolute():
        return None
    try:
        return seal_file(folder / name)
    except OSError:
        return None


def _there(folder: Path) -> list[str]:
    """Return the files of a run that are there."""
    return [name for name in FILES if os.path.lexists(folder / name)]
