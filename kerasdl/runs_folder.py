"""Where runs are: a new run, a run by its path or name, and all runs."""

import itertools
import os
from pathlib import Path

from kerasdl import storage
from kerasdl.errors import ConfigError
from kerasdl.rundir import RunDir

RUNS = Path("runs")


def create(stem: str, path: Path | None = None) -> RunDir:
    """Create a run directory.

    Args:
        stem: Without `path`, the run is `runs/<stem>-<n>` with the first free n.
        path: Another directory; it may exist if it is empty.

    Raises:
        ConfigError: If `path` already holds something.
        LockedError: If another process trains there.
        StorageError: If writing fails.
        UnsafeError: If it exists, and holds links or special files.
    """
    if path is None:
        for number in itertools.count(1):
            if storage.make_directory(candidate := RUNS / f"{stem}-{number}"):
                return RunDir(candidate)
    assert path is not None
    if not storage.make_directory(path):
        check_free(path)
    return RunDir(path)


def check_free(path: Path) -> None:
    """Check that a run may be written to a path: it does not exist, or is empty.

    Raises:
        ConfigError: If it already holds something.
        LockedError: If another process trains there.
        ModelFileError: If it cannot be listed.
        StorageError: If its lock cannot be taken.
        UnsafeError: If it holds links or special files.
    """
    if not os.path.lexists(path):
        return
    if path.is_dir():
        RunDir(path).check_entries()
    hint = "choose another --run-dir; runs are never overwritten"
    if (path / "config.toml").is_file() and not (path / "result.json").is_file():
        with storage.locked(path):  # raises if a process works on it
            hint = f"kerasdl resume {path}, or choose another --run-dir"
        raise ConfigError(f"{path} holds an unfinished run", hint)
    if not path.is_dir():
        raise ConfigError(f"{path} is not a directory", hint)
    if any(not entry.name.startswith(".") for entry in path.iterdir()):
        raise ConfigError(f"{path} is not empty", hint)


def find(path: Path) -> RunDir:
    """Return an existing run.

    Args:
        path: The directory of a run, or the name of one in `./runs`.

    Raises:
        ConfigError: If there is no run.
        ModelFileError: If it cannot be listed.
        UnsafeError: If it holds links or special files.
    """
    for candidate in (path, RUNS / path):
        if os.path.lexists(candidate / "config.toml"):
            RunDir(candidate).check_entries()
            return RunDir(candidate)
    raise ConfigError(f"no run at {path}", "list the runs with `kerasdl runs`")


def named(source: str) -> RunDir | None:
    """Return the run of a path or a name, or None if there is none.

    Raises:
        ModelFileError, UnsafeError: As `find`.
    """
    places = Path(source), RUNS / source
    if not any(os.path.lexists(place / "config.toml") for place in places):
        return None
    return find(Path(source))


def all_runs(folder: Path = RUNS) -> list[RunDir]:
    """Return the runs in a folder, sorted by preset and number."""

    def rank(path: Path) -> tuple[str, int]:
        stem, _, number = path.name.rpartition("-")
        return (stem, int(number)) if number.isdecimal() else (path.name, 0)

    paths = [path.parent for path in folder.glob("*/config.toml")]
    return [RunDir(path) for path in sorted(paths, key=rank)]
