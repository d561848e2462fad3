"""Train a preset and leave a complete run directory."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kerasdl import backend, rundir
from kerasdl.backend import settings
from kerasdl.config import Config
from kerasdl.data import Arrays
from kerasdl.jobs.dataset import prepare
from kerasdl.jobs.environment import environment
from kerasdl.jobs.reporter import NullReporter, Reporter
from kerasdl.jobs.session import build


def train(
    config: Config,
    selection: backend.Selection,
    *,
    stem: str,
    path: Path | None = None,
    arguments: Sequence[str] = (),
    reporter: Reporter | None = None,
    download: bool = False,
    given: Arrays | None = None,
) -> dict[str, Any]:
    """Train a model and write a run directory.

    Args:
        config: The resolved config.
        selection: The backend, already selected.
        stem: Without `path`, the run is `runs/<stem>-<n>`.
        path: Another place for the run.
        arguments: The command line, for the record.
        reporter: Is told how it gets on.
        download: As for `assemble.source`.
        given: Arrays to train on instead of what `data.name` names; the run keeps them.

    Returns:
        What `result.json` holds, and the run's path.

    Raises:
        BackendError: If Keras does not have the settings of a run.
        DataError: If the data cannot be learned from; no run directory is made.
        DivergedError: If the loss stopped being a number; the run is kept.
        InterruptedRunError: If a signal came; the run is saved.
    """
    settings.check()
    dataset = prepare(given, config) if given else None
    session = build(config, dataset, download)
    run = rundir.create(stem, path)
    with run.locked(), run.sealed():
        if given:
            name = str(run.write_arrays({"x": given.x, "y": given.y}))
            config = replace(config, data=replace(config.data, name=name))
            session.config = config
        run.write_config(_found_from_anywhere(config))
        place = environment(selection, config, arguments)
        run.write_environment(place | {"data_sha256": session.dataset.sha256})
        run.write_preprocessing(session.dataset.encoding.to_json())
        run.log_event("start", f"training on {selection.name}, by {selection.reason}")
        for line in selection.overruled:
            run.log_event("setting", line)
        return session.fit(run, reporter or NullReporter())


def _found_from_anywhere(config: Config) -> Config:
    """Return the config with the absolute path of the user's own data."""
    if (file := config.data.file) is None:
        return config
    return replace(config, data=replace(config.data, name=str(file.resolve())))
