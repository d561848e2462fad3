"""Find the files of a kind in a folder, and what their folders say of them."""

import itertools
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kerasdl.data.wrong_places import named
from kerasdl.errors import DataError, UnsafeError

PARTS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}
"""Folders that hold a part of the data each, in lower case, and the part."""
NOT_DATA = ("Thumbs.db", "desktop.ini")
MAX_FILES = 10_000_000
MAX_GLANCED = 1_000
"""Files that are looked at to tell what a folder holds."""


@dataclass
class Found:
    """The files of a folder.

    Args:
        names: Paths relative to the folder, sorted.
        skipped: What was left out, and why.
    """

    names: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def find_files(folder: Path, suffixes: tuple[str, ...], what: str) -> Found:
    """Return the files in a folder and in the folders within that have a suffix.

    Hidden files are left out silently. Other files, special files and links to folders
    are left out and listed.

    Args:
        folder: The folder.
        suffixes: Suffixes in lower case; those of files may be in upper case.
        what: What such a file is, for messages.

    Raises:
        DataError: If the folder cannot be listed, holds no such file, or one whose name
            is not UTF-8.
        UnsafeError: If a link leads out of the folder.
    """
    found, root = Found(), folder.resolve()
    try:
        for entry in _entries(folder):
            _add(entry, folder, root, suffixes, found)
            if len(found.names) > MAX_FILES:
                many = f"{folder} holds more than {MAX_FILES:,} {what}s"
                raise UnsafeError(many, "give a smaller folder")
    except OSError as fault:
        reason = f"cannot list {folder}: {fault.strerror or fault}"
        raise DataError(reason, "check the folder and its permissions") from fault
    if not found.names:
        hint = f"give a folder of {', '.join(suffixes)} files"
        raise DataError(f"{folder} holds no {what}", hint)
    found.names.sort()
    found.skipped.sort()
    _check_names(found.names, folder)
    return found


def _check_names(names: list[str], folder: Path) -> None:
    """Raise `DataError` for names that cannot be written beside predictions."""
    if wrong := [shown for name in names if (shown := _shown(name)) != name]:
        what = f"names of files in {folder} are not UTF-8: {named(wrong)}"
        raise DataError(what, "rename them")


def _shown(name: str) -> str:
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


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


def _add(
    entry: os.DirEntry,
    folder: Path,
    root: Path,
    suffixes: tuple[str, ...],
    found: Found,
) -> None:
    name = os.path.relpath(entry.path, folder)
    if entry.is_symlink():
        target = Path(os.path.realpath(entry.path))
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
    elif entry.name.lower().endswith(suffixes):
        found.names.append(Path(name).as_posix())
    elif entry.name not in NOT_DATA:
        found.skipped.append(f"{name}, by its suffix")


def holds_only(
    folder: Path, suffixes: tuple[str, ...], others: tuple[str, ...]
) -> bool:
    """Return whether the first files of a folder have some suffixes, and none others.

    What is no folder, or cannot be listed, holds nothing; reading it says why.
    """
    found = False
    try:
        if not folder.is_dir():
            return False
        for entry in itertools.islice(_entries(folder), MAX_GLANCED):
            name = entry.name.lower()
            if name.endswith(others):
                return False
            found = found or name.endswith(suffixes)
    except (OSError, ValueError):
        return False
    return found


def parts_of(names: list[str], folder: str) -> tuple[str, ...]:
    """Return the part of each file, if the files stand in folders such as `train`.

    Args:
        names: Paths of the files relative to a folder.
        folder: Path of the folder, for messages.

    Returns:
        `"train"`, `"validation"` or `"test"` for each; empty if the folders name none.

    Raises:
        DataError: If folders name several parts, and files stand elsewhere. One such
            folder beside others is a class: there are trains among vehicles.
    """
    firsts = [name.split("/", 1)[0] if "/" in name else "" for name in names]
    parts = [PARTS.get(first.casefold()) for first in firsts]
    known = tuple(part for part in parts if part)
    if len(known) == len(parts):
        return known
    if len({*known}) < 2:
        return ()
    others = sorted({f for f, part in zip(firsts, parts, strict=True) if not part})
    there = named([f"{other}/" if other else "files in no folder" for other in others])
    what = f"{folder} holds train, val or test folders, and also {there}"
    raise DataError(what, "move what belongs to none of them elsewhere")


def class_of(name: str, has_parts: bool) -> str:
    """Return the class of a file, the name of its folder; empty if it has none."""
    folders = name.split("/")[:-1]
    if has_parts:
        folders = folders[1:]
    return folders[0] if folders else ""
