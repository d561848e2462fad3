"""Find the image files in a folder, and what their folders say of them."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kerasdl.errors import DataError, UnsafeError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
PARTS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
}
"""Folders that hold a part of the data each, and the part."""
NOT_DATA = ("Thumbs.db", "desktop.ini")
MAX_FILES = 10_000_000


@dataclass
class Found:
    """The images of a folder.

    Args:
        names: Paths relative to the folder, sorted.
        skipped: What was left out, and why.
    """

    names: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def find_images(folder: Path) -> Found:
    """Return the image files in a folder and in the folders within.

    Hidden files are left out silently. Other files, special files and links to folders
    are left out and listed.

    Raises:
        DataError: If the folder cannot be listed, or holds no image.
        UnsafeError: If a link leads out of the folder.
    """
    found, root = Found(), folder.resolve()
    try:
        for entry in _entries(folder):
            _add(entry, folder, root, found)
            if len(found.names) > MAX_FILES:
                what = f"{folder} holds more than {MAX_FILES:,} images"
                raise UnsafeError(what, "give a smaller folder")
    except OSError as fault:
        what = f"cannot list {folder}: {fault.strerror or fault}"
        raise DataError(what, "check the folder and its permissions") from fault
    if not found.names:
        what = f"{folder} holds no image"
        raise DataError(what, f"give a folder of {', '.join(SUFFIXES)} files")
    found.names.sort()
    found.skipped.sort()
    return found


def _entries(folder: Path) -> Iterator[os.DirEntry]:
    """Yield all but folders; links to folders are not followed."""
    folders: list[str | Path] = [folder]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    yield entry


def _add(entry: os.DirEntry, folder: Path, root: Path, found: Found) -> None:
    name = os.path.relpath(entry.path, folder)
    if entry.is_symlink():
        target = Path(entry.path).resolve()
        if not target.is_relative_to(root):
            what = f"{entry.path} is a link that leads out of {folder}"
            raise UnsafeError(what, "copy the file, or remove the link")
        if target.is_dir():
            found.skipped.append(f"{name}, a link to a folder")
            return
        if not target.exists():
            found.skipped.append(f"{name}, a link to nothing")
            return
    if not stat.S_ISREG(entry.stat().st_mode):
        found.skipped.append(f"{name}, neither a file nor a folder")
    elif entry.name.lower().endswith(SUFFIXES):
        found.names.append(Path(name).as_posix())
    elif entry.name not in NOT_DATA:
        found.skipped.append(f"{name}, no image by its name")


def parts_of(names: list[str]) -> tuple[str, ...]:
    """Return the part of each image, if all stand in folders such as `train`.

    Returns:
        `"train"`, `"validation"` or `"test"` for each; empty if the folders name none.
    """
    firsts = [name.split("/", 1)[0] if "/" in name else "" for name in names]
    if not {*firsts} <= PARTS.keys():
        return ()
    return tuple(PARTS[first] for first in firsts)


def class_of(name: str, has_parts: bool) -> str:
    """Return the class of an image, the name of its folder; empty if it has none."""
    folders = name.split("/")[:-1]
    if has_parts:
        folders = folders[1:]
    return folders[0] if folders else ""
