"""Train a preset and write a complete run directory."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kerasdl import backend, runs_folder
from kerasdl.backend import settings
from kerasdl.config import Config
from kerasdl.data.raw import Raw
from kerasdl.jobs import initial_weights
from kerasdl.jobs.before_training import before_training, end_if_errors
from kerasdl.jobs.build_session import build_session
from kerasdl.jobs.dataset import prepare
from kerasdl.jobs.environment import environment
from kerasdl.jobs.head_stage import head_stage, train_head
from kerasdl.jobs.reporter import NullReporter, Reporter


def train(
    config: Config,
    selection: backend.Selection,
    *,
    stem: str,
    path: Path | None = None,
    arguments: Sequence[str] = (),
    reporter: Reporter | None = None,
    report: bool = True,
    baselines: bool = True,
    download: bool = False,
    raw: Raw | None = None,
    strict: bool = False,
) -> dict[str, Any]:
    """Train a model and write a run directory.

    Args:
        config: The resolved config.
        selection: The backend, already selected.
        stem: Names the run `runs/<stem>-<n>`, unless `path` is given.
        path: The run directory, instead of one in `runs`.
        arguments: The command line, for the record.
        reporter: The progress reporter; None reports nothing.
        report: Whether to write `report.html` at the end.
        baselines: Whether to score the baselines.
        download: As for `assemble.source`.
        raw: Data in memory instead of that of `data.name`; the run keeps a copy.
        strict: Whether an error among the findings before training ends the run.

    Returns:
        The content of `result.json`, and the run's path.

    Raises:
        CheckFailedError: If there is an error, and `strict`; no run directory is made.
        BackendError: If a script changed the Keras settings that runs need.
        DataError: If the data cannot be learned from; no run directory is made.
        DivergedError: If the run diverged; it is kept.
        InterruptedRunError: If a signal arrived; the run is saved.
    """
    settings.check()
    dataset = prepare(raw, config) if raw is not None else None
    session = build_session(config, dataset, download)
    if strict:
        end_if_errors(before_training(session))
    head = head_stage(session, None)
    run = runs_folder.create(stem, path)
    with run.locked(), run.sealed():
        config = session.config
        if raw is not None:
            kept = config.data.write(raw, run.path.resolve())
            session.config = config = replace(config, data=kept)
        config = initial_weights.with_absolute_path(config)
        run.write_config(replace(config, data=config.data.with_absolute_paths()))
        recorded = environment(selection, config, arguments)
        run.write_environment(recorded | {"data_sha256": session.dataset.sha256})
        run.write_preprocessing(session.dataset.encoding.to_json())
        run.log_event("start", f"training on {selection.name}, by {selection.reason}")
        for line in selection.overruled:
            run.log_event("setting", line)
        reporter = reporter or NullReporter()
        train_head(session, head, run, reporter)
        return session.fit(run, reporter, report, baselines)
