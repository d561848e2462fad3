"""Go on with a run that was stopped."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kerasdl import backend, rundir
from kerasdl.backend import settings
from kerasdl.checkpoint import files, state
from kerasdl.checkpoint.older import translated
from kerasdl.config import Config
from kerasdl.errors import ConfigError, DataError
from kerasdl.jobs import fit
from kerasdl.jobs.environment import environment
from kerasdl.rundir import RunDir


def resume(
    path: Path,
    selection: backend.Selection,
    *,
    epochs: int | None = None,
    arguments: Sequence[str] = (),
    watcher: fit.Watcher | None = None,
) -> dict[str, Any]:
    """Train on from the newest checkpoint that verifies.

    A run that has none yet begins anew, which gives the same.

    Args:
        path: The run, or the name of one in `./runs`.
        selection: The backend, already selected; it need not be the one before.
        epochs: Train to this epoch instead of the one in the config.
        arguments: The command line, for the record.
        watcher: Whoever looks on.

    Returns:
        What `result.json` holds, and the run's path.

    Raises:
        BackendError: If Keras does not have the settings of a run.
        ConfigError: If there is no run, or nothing is left to do.
        DataError: If the data are not those it was trained on.
        ModelFileError: If there are checkpoints, and none verifies, or the newest is of
            another model or optimizer.
        LockedError: If another process works on the run.
        DivergedError: If the loss stopped being a number; the run is kept.
        InterruptedRunError: If a signal came; the run is saved.
    """
    settings.check()
    run = rundir.find(path)
    with run.locked():
        config = _to_go_on_with(run, epochs)
        parts = fit.build(config)
        if (run.path / "environment.json").exists():
            _check_data(run, parts.dataset.sha256)
        snapshot = files.read_newest(run.checkpoints, lambda _: None)
        details = snapshot.details if snapshot else {}
        reached = details.get("epoch", 0) + (details.get("batch", 0) > 0)
        if config.training.epochs < reached:
            what = f"{run.path} is in epoch {reached} already"
            raise ConfigError(what, "give --epochs as many, or more")
        if epochs and details.get("stopped"):
            what = f"{run.path} stopped early, after {details['epoch']} epochs"
            raise ConfigError(what, "train again with more training.patience")
        if snapshot:
            fit.compiled(parts)
            snapshot = translated(parts.model, snapshot)
            state.check(parts.model, snapshot)  # before anything of the run changes
        run.forget_result()  # or the run would count as ended, were it stopped again
        run.keep_epochs(_lines(details))
        run.write_config(config)
        place = environment(selection, config, arguments)
        run.write_environment(place | {"data_sha256": parts.dataset.sha256})
        run.write_preprocessing(parts.dataset.preprocessing.to_json())
        step = snapshot.step if snapshot else 0
        run.log_event(
            "resume",
            f"from step {step} on {selection.name}, by {selection.reason}",
            step=step,
        )
        for line in selection.overruled:
            run.log_event("setting", line)
        return fit.finish(parts, run, watcher or fit.Nobody())


def _to_go_on_with(run: RunDir, epochs: int | None) -> Config:
    config = run.read_config()
    training = config.training
    wanted = epochs or training.epochs
    if (result := run.read_result()) is not None and wanted <= training.epochs:
        status = result.get("status")
        what = f"{run.path} is {status}; it was to train {training.epochs} epochs"
        raise ConfigError(what, "give --epochs more to train on")
    return replace(config, training=replace(training, epochs=wanted))


def _check_data(run: RunDir, sha256: str) -> None:
    before = run.read_environment().get("data_sha256")
    if before != sha256:
        what = f"the data are not those that {run.path} was trained on"
        raise DataError(what, "bring them back, or train again")


def _lines(details: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the lines of the metrics log, as far as the checkpoint has them."""
    states = (callback["state"] for callback in details.get("callbacks", ()))
    return next((s["lines"]["value"] for s in states if "lines" in s), [])
