"""What a comparison reads of a run."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kerasdl.config import Config, to_toml
from kerasdl.errors import ModelFileError
from kerasdl.rundir import RunDir, numbers


@dataclass(frozen=True)
class ComparedRun:
    """A run as it is on disk.

    Args:
        name: The name that the user gave.
        directory: Its directory.
        config: Its config.
        keys: The values of the config by key, such as `training.seed`.
        environment: Versions, backend and digest of the data.
        status: How it ended.
        epochs: The finite numbers of each epoch.
        test: The finite scores of the test split.
        seconds: How long it took; None if it did not end.
    """

    name: str
    directory: RunDir
    config: Config
    keys: dict[str, Any]
    environment: dict[str, Any]
    status: str
    epochs: list[dict[str, float]]
    test: dict[str, float]
    seconds: float | None

    @property
    def backend(self) -> str:
        """The backend that it was trained with."""
        return str(self.environment.get("backend"))

    def curve(self, metric: str) -> list[float | None]:
        """Return the value of a metric in each epoch."""
        return [line.get(metric) for line in self.epochs]


def read_run(name: str, directory: RunDir) -> ComparedRun:
    """Read a run.

    Raises:
        ConfigError: If its config cannot be read.
        ModelFileError: If another file is damaged.
    """
    config = directory.read_config()
    result = directory.read_result() or {"status": "unfinished"}
    test = result.get("test", {})
    if not isinstance(test, dict):
        what = f"result.json of {directory.path} is damaged: its test is no table"
        raise ModelFileError(what, "restore it from a copy")
    return ComparedRun(
        name,
        directory,
        config,
        flat_keys(config),
        directory.read_environment(),
        str(result.get("status")),
        [numbers(line) for line in directory.read_epochs()],
        numbers(test),
        numbers(result).get("seconds"),
    )


def flat_keys(config: Config) -> dict[str, Any]:
    """Return the values of a config by key, such as `training.seed`."""
    tables = tomllib.loads(to_toml(config))
    del tables["about"]
    return dict(_flat(tables))


def _flat(tables: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the keys of nested tables, and their values."""
    for key, value in tables.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
