"""The run directory: the names of its files, and how they are read and written."""

import contextlib
import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from kerasdl import manifest, storage, untrusted
from kerasdl.config import Config, load, to_toml
from kerasdl.errors import (
    ConfigError,
    KerasDLError,
    ModelFileError,
    StorageError,
)

RUNS = Path("runs")
WRITTEN_IN_PLACE = (".lock", "events.jsonl", "metrics.jsonl")
"""Files that change under the name they have; all others are replaced."""


@dataclass(frozen=True)
class RunDir:
    """One run on disk.

    Args:
        path: The directory.
    """

    path: Path

    @property
    def model_file(self) -> Path:
        """The best model, in Keras's own format."""
        return self.path / "model.keras"

    @property
    def checkpoints(self) -> Path:
        """The folder of the checkpoints."""
        return self.path / "checkpoints"

    @property
    def capsule(self) -> Path:
        """The folder of the step at which the run diverged."""
        return self.path / "capsule"

    def locked(self) -> contextlib.AbstractContextManager[None]:
        """Hold the run alone among processes.

        Raises:
            LockedError: If another process works on it.
        """
        return storage.locked(self.path)

    def check_entries(self) -> None:
        """Check that the run holds nothing but files and folders of its own.

        The directory itself may be a link.

        Raises:
            ModelFileError: If it cannot be listed.
            UnsafeError: As `untrusted.check_folder`.
        """
        try:
            untrusted.check_folder(self.path, WRITTEN_IN_PLACE)
        except OSError as fault:
            what = f"cannot list {fault.filename}: {fault.strerror}"
            raise ModelFileError(what, "check its permissions") from fault

    @contextlib.contextmanager
    def sealed(self) -> Iterator[None]:
        """Seal the files once the body ends, also with an error the user can fix."""
        try:
            yield
        except KerasDLError:
            with contextlib.suppress(StorageError):  # the first error tells more
                manifest.write_run(self.path)
            raise
        manifest.write_run(self.path)

    def edited(self) -> list[str] | None:
        """Return the files that are not as they were sealed; None if it is not sealed.

        A run is not that was killed, or that an older version wrote. The seal guards
        against accidents, not against forgery.
        """
        return manifest.edited(self.path)

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.resolve().name

    def write_config(self, config: Config) -> None:
        """Write the resolved config, which repeats the run."""
        storage.write_text(self.path / "config.toml", to_toml(config))

    def read_config(self) -> Config:
        """Return the config of the run.

        Raises:
            ConfigError: If it cannot be read, or is none.
        """
        return load(file=self.path / "config.toml")

    def write_environment(self, environment: dict[str, Any]) -> None:
        """Write versions, backend, device and arguments."""
        storage.write_json(self.path / "environment.json", environment)

    def read_environment(self) -> dict[str, Any]:
        """Return versions, backend, device and arguments.

        Raises:
            ModelFileError: If they are missing or damaged.
        """
        return self._read_json("environment.json")

    def backend(self) -> str | None:
        """Return the backend it was trained with; None if it did not come so far."""
        if not (self.path / "environment.json").is_file():
            return None
        return self.read_environment().get("backend")

    def write_preprocessing(self, preprocessing: dict[str, Any]) -> None:
        """Write what new data needs to be treated the same way."""
        storage.write_json(self.path / "preprocessing.json", preprocessing)

    def read_preprocessing(self) -> dict[str, Any]:
        """Return what new data needs to be treated the same way.

        Raises:
            ModelFileError: If it is missing or damaged.
        """
        return self._read_json("preprocessing.json")

    def write_arrays(self, arrays: dict[str, np.ndarray]) -> Path:
        """Write the data of the run, and return the absolute path of the file."""
        path = self.path.resolve() / "data.npz"
        with storage.replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(file, **arrays)  # pyright: ignore[reportArgumentType]
        return path

    def save_model(self, save: Callable[[Path], None]) -> None:
        """Let `save` write the best model; it appears whole or not at all."""
        with storage.replacing(self.model_file) as temporary:
            save(temporary)

    def write_result(self, result: dict[str, Any]) -> None:
        """Write the outcome; only the manifest comes after it."""
        storage.write_json(self.path / "result.json", result)

    def read_result(self) -> dict[str, Any] | None:
        """Return the outcome, or None while the run has none.

        Raises:
            ModelFileError: If it is damaged.
        """
        if not (self.path / "result.json").is_file():
            return None
        return self._read_json("result.json")

    def log_epoch(self, line: dict[str, Any]) -> None:
        """Append the metrics of one epoch."""
        storage.append_json_line(self.path / "metrics.jsonl", line)

    def read_epochs(self) -> list[dict[str, Any]]:
        """Return the metrics of each epoch, as `log_epoch` took them.

        Raises:
            ModelFileError: If they are damaged, but for a last line cut off in writing.
        """
        return self._read_lines("metrics.jsonl")

    def read_events(self) -> list[dict[str, Any]]:
        """Return what was logged: `time`, `kind`, `message` and details of each event.

        Raises:
            ModelFileError: If they are damaged, but for a last line cut off in writing.
        """
        return self._read_lines("events.jsonl")

    def forget_result(self) -> None:
        """Remove the outcome of a run that goes on, and what was cut off in writing.

        The step at which it diverged is an outcome, too.
        """
        storage.remove_file(self.path / manifest.NAME)  # first, for it holds no more
        storage.remove_file(self.path / "result.json")
        storage.remove_leftovers(self.path)
        for capsule in self.capsule.glob("step-*"):
            storage.remove_directory(capsule)

    def keep_epochs(self, lines: list[dict[str, Any]]) -> None:
        """Let the metrics be these lines, and drop a last event that was cut off."""
        storage.write_json_lines(self.path / "metrics.jsonl", lines)
        storage.drop_torn_line(self.path / "events.jsonl")

    def log_event(self, kind: str, message: str, **details: Any) -> None:
        """Append something worth knowing later: a warning, a finding, a save."""
        moment = datetime.now(UTC).isoformat(timespec="seconds")
        event = {"time": moment, "kind": kind, "message": message, **details}
        storage.append_json_line(self.path / "events.jsonl", event)

    def _read_lines(self, name: str) -> list[dict[str, Any]]:
        if not (self.path / name).is_file():
            return []
        try:
            content = untrusted.read_bytes(self.path / name, untrusted.MAX_JSON_BYTES)
            whole, _, _ = content.rpartition(b"\n")
            lines = [untrusted.parse_json(line, name) for line in whole.splitlines()]
            if not all(isinstance(line, dict) for line in lines):
                raise TypeError("a line is no table")
        except (OSError, TypeError, ValueError) as fault:
            what = f"cannot read {self.path / name}: {fault}"
            raise ModelFileError(what, "restore it from a copy") from fault
        return lines

    def _read_json(self, name: str) -> dict[str, Any]:
        try:
            values = untrusted.read_json(self.path / name)
            if not isinstance(values, dict):
                raise TypeError("it holds no table")
        except (OSError, TypeError, ValueError) as fault:
            what = f"cannot read {self.path / name}: {fault}"
            raise ModelFileError(what, "train again into a new directory") from fault
        return values


def create(stem: str, path: Path | None = None) -> RunDir:
    """Create a run directory that did not exist.

    Args:
        stem: Without `path`, the run is `runs/<stem>-<n>` with the first free n.
        path: Another place; it may exist if it is empty.

    Raises:
        ConfigError: If `path` holds something already.
        LockedError: If another process trains there.
        StorageError: If the disk refuses.
        UnsafeError: If it exists, and holds what leads out of it.
    """
    if path is None:
        for number in itertools.count(1):
            if storage.make_directory(candidate := RUNS / f"{stem}-{number}"):
                return RunDir(candidate)
    assert path is not None
    if not storage.make_directory(path):
        if path.is_dir():
            RunDir(path).check_entries()
        hint = "choose another --run-dir; runs are never overwritten"
        if (path / "config.toml").is_file() and not (path / "result.json").is_file():
            with storage.locked(path):  # if nobody works on it
                hint = f"kerasdl resume {path}, or choose another --run-dir"
            raise ConfigError(f"{path} holds a run that did not end", hint)
        if not path.is_dir():
            raise ConfigError(f"{path} is no directory", hint)
        if any(not entry.name.startswith(".") for entry in path.iterdir()):
            raise ConfigError(f"{path} is not empty", hint)
    return RunDir(path)


def find(path: Path) -> RunDir:
    """Return an existing run.

    Args:
        path: The directory of a run, or the name of one in `./runs`.

    Raises:
        ConfigError: If there is no run.
        ModelFileError: If it cannot be listed.
        UnsafeError: If it holds what leads out of it.
    """
    for candidate in (path, RUNS / path):
        if os.path.lexists(candidate / "config.toml"):
            RunDir(candidate).check_entries()
            return RunDir(candidate)
    raise ConfigError(f"no run at {path}", "see `kerasdl runs` for what there is")


def all_runs(folder: Path = RUNS) -> list[RunDir]:
    """Return the runs in a folder, by preset and then by number."""

    def rank(path: Path) -> tuple[str, int]:
        stem, _, number = path.name.rpartition("-")
        return (stem, int(number)) if number.isdecimal() else (path.name, 0)

    paths = [path.parent for path in folder.glob("*/config.toml")]
    return [RunDir(path) for path in sorted(paths, key=rank)]
