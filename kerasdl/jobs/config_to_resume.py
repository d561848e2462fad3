"""Decide what a resumed run trains, before Keras is imported."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

from kerasdl.config import Config
from kerasdl.data.kinds.kind import Kind
from kerasdl.data.source import check_file_exists
from kerasdl.errors import ConfigError, DataError
from kerasdl.jobs.imported import check_has_data
from kerasdl.rundir import RunDir


def config_to_resume(
    run: RunDir,
    config: Config,
    epochs: int | None,
    schedule: Literal["stretch", "keep"],
    data: str | None = None,
    test_data: str | None = None,
) -> Config:
    """Return the config of a run with as many epochs as wanted, and where its data are.

    Args:
        run: The run.
        config: Its config.
        epochs: The epoch to train to, instead of the config's.
        schedule: As for `resume`.
        data: New path of the file that the run was trained on, if it has moved.
        test_data: New path of the test data, if they have moved.

    Raises:
        ConfigError: If nothing is left to train, or `keep` or `test_data` has no meaning.
        DataError: If a file of the data is missing, or is not the one that moved.
    """
    check_has_data(run, config)
    training = config.training
    wanted = epochs or training.epochs
    if (result := run.read_result()) is not None and wanted <= training.epochs:
        status = result.get("status")
        what = f"{run.path} is {status}, and its config has {training.epochs} epochs"
        raise ConfigError(what, "pass a larger --epochs to train longer")
    if data or test_data:
        config = replace(config, data=_moved(config.data, data, test_data))
    for file in config.data.own_files:
        _check_exists(file, run)
    if data or test_data:
        config.data.check_source()
        check_same(run, config.data.read().sha256())
    if wanted == training.epochs:
        if schedule == "keep":
            what = f"--schedule keep needs more epochs than the {wanted} of {run.path}"
            raise ConfigError(what, "pass a larger --epochs, or leave --schedule out")
        return config
    schedule_epochs: int | Literal["auto"] = "auto"
    if schedule == "keep":
        schedule_epochs = training.schedule_epochs
        if schedule_epochs == "auto":
            schedule_epochs = training.epochs
    changed = replace(training, epochs=wanted, schedule_epochs=schedule_epochs)
    return replace(config, training=changed)


def check_same(run: RunDir, sha256: str) -> None:
    """Raise `DataError` unless data are those that a run was trained on.

    Args:
        run: The run. If it stopped before its data were recorded, they may be any.
        sha256: The digest of the data.
    """
    if not (run.path / "environment.json").exists():
        return
    if run.read_environment().get("data_sha256") != sha256:
        what = f"the data differ from those that {run.path} was trained on"
        raise DataError(what, "restore them, or train again")


def _moved(kind: Kind, data: str | None, test_data: str | None) -> Kind:
    """Return the `[data]` table with the new paths of its files."""
    if data and not kind.file:
        what = f"--data is for a file that has moved, the run has the set {kind.name!r}"
        raise ConfigError(what, "leave --data out")
    if test_data and len(kind.own_files) < 2:
        what = (
            "--test-data is for test data that have moved, the run has none of its own"
        )
        raise ConfigError(what, "leave --test-data out")
    for path in (Path(name) for name in (data, test_data) if name):
        if not path.is_dir():
            check_file_exists(path)
    return kind.moved(data, test_data).with_absolute_paths()


def _check_exists(file: Path, run: RunDir) -> None:
    """Raise `DataError` if a data file is missing."""
    if not file.exists():
        what = f"no file at {file}, which {run.path} was trained on"
        raise DataError(what, "name its new path with --data or --test-data")
