"""Decide what a resumed run trains, before Keras is imported."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

from kerasdl.config import Config
from kerasdl.errors import ConfigError, DataError
from kerasdl.rundir import RunDir


def config_to_resume(
    run: RunDir,
    config: Config,
    epochs: int | None,
    schedule: Literal["stretch", "keep"],
) -> Config:
    """Return the config of a run with as many epochs as wanted.

    Args:
        run: The run.
        config: Its config.
        epochs: The epoch to train to, instead of the config's.
        schedule: As for `resume`.

    Raises:
        ConfigError: If nothing is left to train, or `keep` has no meaning.
        DataError: If a file of the data is missing.
    """
    training = config.training
    wanted = epochs or training.epochs
    if (result := run.read_result()) is not None and wanted <= training.epochs:
        status = result.get("status")
        what = f"{run.path} is {status}, and its config has {training.epochs} epochs"
        raise ConfigError(what, "pass a larger --epochs to train longer")
    for file in config.data.own_files:
        _check_exists(file, run)
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


def _check_exists(file: Path, run: RunDir) -> None:
    """Raise `DataError` if a data file is missing."""
    if not file.exists():
        what = f"no file at {file}, which {run.path} was trained on"
        hint = (
            f"move it back, or set data.name in {run.path}/config.toml to its new path"
        )
        raise DataError(what, f"{hint} and give --trust-edits")
