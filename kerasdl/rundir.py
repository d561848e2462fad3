"""The run directory: its file names, and how they are read and written."""

import contextlib
import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kerasdl import manifest, storage, untrusted
from kerasdl.config import Config, load, to_toml
from kerasdl.errors import (
    ConfigError,
    KerasDLError,
    ModelFileError,
    StorageError,
)
from kerasdl.finding import Finding

WRITTEN_IN_PLACE = (".lock", "events.jsonl", "metrics.jsonl")
"""Files that are changed in place; all others are replaced."""
CALIBRATION = "calibration.json"
DIAGNOSIS = "doctor.json"
MOST_SCORES = 3
"""Scores in a line of text; `result.json` has all."""


@dataclass(frozen=True)
class RunDir:
    """A run on disk.

    Args:
        path: Its directory.
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
        """The folder of the snapshot of the step at which the run diverged."""
        return self.path / "capsule"

    @property
    def evaluation(self) -> Path:
        """The folder of what the report draws."""
        return self.path / "evaluation"

    @property
    def report(self) -> Path:
        """The report, one HTML file."""
        return self.path / "report.html"

    def locked(self) -> contextlib.AbstractContextManager[None]:
        """Hold the exclusive lock of the run.

        Raises:
            LockedError: If another process works on it.
        """
        return storage.locked(self.path)

    def check_entries(self) -> None:
        """Check that the run directory holds only regular files and folders.

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
        """Write the manifest when the body ends or raises `KerasDLError`."""
        try:
            yield
        except KerasDLError:
            with contextlib.suppress(StorageError):  # the first error tells more
                manifest.write_run(self.path)
            raise
        manifest.write_run(self.path)

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.resolve().name

    def write_config(self, config: Config) -> None:
        """Write the resolved config, which reproduces the run."""
        storage.write_text(self.path / "config.toml", to_toml(config))

    def read_config(self) -> Config:
        """Return the config of the run.

        Raises:
            ConfigError: If it cannot be read, or is not the config of a run.
        """
        config = load(file=self.path / "config.toml")
        if config.training.batch_size == "auto":
            what = f"training.batch_size is 'auto' in {self.path}"
            raise ConfigError(what, "give the number that the run began with")
        return config

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
        """Return the backend of the run, or None if it stopped before recording it."""
        if not (self.path / "environment.json").is_file():
            return None
        return self.read_environment().get("backend")

    def write_preprocessing(self, preprocessing: dict[str, Any]) -> None:
        """Write the preprocessing, to apply to new data."""
        storage.write_json(self.path / "preprocessing.json", preprocessing)

    def read_preprocessing(self) -> dict[str, Any]:
        """Return the preprocessing, to apply to new data.

        Raises:
            ModelFileError: If it is missing or damaged.
        """
        return self._read_json("preprocessing.json")

    def save_model(self, save: Callable[[Path], None]) -> None:
        """Call `save` to write the best model; the file appears whole or not at all."""
        with storage.replacing(self.model_file) as temporary:
            save(temporary)

    def write_result(self, result: dict[str, Any]) -> None:
        """Write the result; only the manifest is written later."""
        storage.write_json(self.path / "result.json", result)

    def read_result(self) -> dict[str, Any] | None:
        """Return the result, or None if the run has none yet.

        Raises:
            ModelFileError: If it is damaged.
        """
        if not (self.path / "result.json").is_file():
            return None
        return self._read_json("result.json")

    def write_calibration(self, calibration: dict[str, Any]) -> None:
        """Write what the intervals of predictions are computed from."""
        storage.write_json(self.path / CALIBRATION, calibration)

    def read_calibration(self) -> dict[str, Any] | None:
        """Return what the intervals of predictions are computed from, if there is any.

        Raises:
            ModelFileError: If it is damaged.
        """
        if not (self.path / CALIBRATION).is_file():
            return None
        return self._read_json(CALIBRATION)

    def write_diagnosis(self, diagnosis: dict[str, Any]) -> None:
        """Write why the run did not learn better, as `kerasdl doctor` found it."""
        storage.write_json(self.path / DIAGNOSIS, diagnosis)

    def read_diagnosis(self) -> dict[str, Any] | None:
        """Return what `kerasdl doctor` found, if it was asked.

        Raises:
            ModelFileError: If it is damaged.
        """
        if not (self.path / DIAGNOSIS).is_file():
            return None
        hint = f"remove it, or ask again: kerasdl doctor {self.path}"
        return self._read_json(DIAGNOSIS, hint)

    def log_epoch(self, line: dict[str, Any]) -> None:
        """Append the metrics of one epoch."""
        storage.append_json_line(self.path / "metrics.jsonl", line)

    def read_epochs(self) -> list[dict[str, Any]]:
        """Return the metrics of each epoch, as passed to `log_epoch`.

        Raises:
            ModelFileError: If they are damaged; an incomplete last line is ignored.
        """
        return self._read_lines("metrics.jsonl")

    def read_events(self) -> list[dict[str, Any]]:
        """Return the logged events: `time`, `kind`, `message` and details of each.

        Raises:
            ModelFileError: If they are damaged; an incomplete last line is ignored.
        """
        return self._read_lines("events.jsonl")

    def forget_result(self) -> None:
        """Remove the result of a run that resumes, and the leftovers of killed writers.

        The capsule of a divergence is part of the result.
        """
        storage.remove_file(self.path / manifest.NAME)  # first, as it becomes invalid
        storage.remove_file(self.path / "result.json")
        for name in (CALIBRATION, DIAGNOSIS):  # they are of the former model
            storage.remove_file(self.path / name)
        storage.remove_file(self.report)
        if self.evaluation.is_dir():
            storage.remove_directory(self.evaluation)
        storage.remove_leftovers(self.path)
        for capsule in self.capsule.glob("step-*"):
            storage.remove_directory(capsule)

    def keep_epochs(self, lines: list[dict[str, Any]]) -> None:
        """Replace the metrics by these lines, and drop an incomplete last event."""
        storage.write_json_lines(self.path / "metrics.jsonl", lines)
        storage.drop_torn_line(self.path / "events.jsonl")

    def log_event(self, kind: str, message: str, **details: Any) -> None:
        """Append an event: a warning, a diagnosis or a save."""
        moment = datetime.now(UTC).isoformat(timespec="seconds")
        event = {"time": moment, "kind": kind, "message": message, **details}
        storage.append_json_line(self.path / "events.jsonl", event)

    def log_finding(self, finding: Finding) -> None:
        """Append a finding, with its line as the message."""
        parts = finding.to_json()
        self.log_event(parts.pop("kind"), str(finding), **parts)

    def _read_lines(self, name: str) -> list[dict[str, Any]]:
        if not (self.path / name).is_file():
            return []
        try:
            content = untrusted.read_bytes(self.path / name, untrusted.MAX_JSON_BYTES)
            whole, _, _ = content.rpartition(b"\n")
            lines = [untrusted.parse_json(line, name) for line in whole.splitlines()]
            if not all(isinstance(line, dict) for line in lines):
                raise TypeError("a line is not a JSON object")
        except (OSError, TypeError, ValueError) as fault:
            what = f"cannot read {self.path / name}: {fault}"
            raise ModelFileError(what, "restore it from a copy") from fault
        return lines

    def _read_json(
        self, name: str, hint: str = "train again into a new directory"
    ) -> dict[str, Any]:
        try:
            values = untrusted.read_json(self.path / name)
            if not isinstance(values, dict):
                raise TypeError("it is not a JSON object")
        except (OSError, TypeError, ValueError) as fault:
            what = f"cannot read {self.path / name}: {fault}"
            raise ModelFileError(what, hint) from fault
        return values


def number(value: Any) -> float | None:
    """Return a finite number, or None for what is none; JSON stores NaN as null."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return value if math.isfinite(value) else None
    except OverflowError:  # an integer that float64 cannot hold
        return None


def numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """Return the finite numbers among values."""
    found = {name: number(value) for name, value in values.items()}
    return {name: float(value) for name, value in found.items() if value is not None}


def first_scores(scores: dict[str, Any]) -> dict[str, Any]:
    """Return the most important scores of a split, for a line of text."""
    return dict(itertools.islice(scores.items(), MOST_SCORES))
