"""Resume a run that was stopped."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import keras

from kerasdl import backend, manifest, runs_folder
from kerasdl.backend import settings
from kerasdl.callbacks.callback_state import kept_by_name
from kerasdl.callbacks.callback_state_rules import check_state
from kerasdl.checkpoint import details as details_of
from kerasdl.checkpoint import files, random_state, state
from kerasdl.checkpoint.older import translated
from kerasdl.checkpoint.snapshot import Snapshot
from kerasdl.checkpoint.stages import begin_stage
from kerasdl.config import Config
from kerasdl.data import Dataset
from kerasdl.data.batches import steps_per_epoch, updates_per_epoch
from kerasdl.errors import ConfigError, ModelFileError
from kerasdl.finding import Finding
from kerasdl.jobs import assemble, encodings, features
from kerasdl.jobs.build_session import build_session
from kerasdl.jobs.config_to_resume import check_same, config_to_resume
from kerasdl.jobs.environment import environment
from kerasdl.jobs.head_stage import head_stage, train_head
from kerasdl.jobs.plan import learning_rates, total_steps
from kerasdl.jobs.reporter import NullReporter, Reporter
from kerasdl.jobs.size_limits import limited_to_checkpoint


def resume(
    path: Path,
    selection: backend.Selection,
    *,
    epochs: int | None = None,
    schedule: Literal["stretch", "keep"] = "stretch",
    data: str | None = None,
    test_data: str | None = None,
    arguments: Sequence[str] = (),
    reporter: Reporter | None = None,
    report: bool = True,
    baselines: bool = True,
    trust_edits: bool = False,
) -> dict[str, Any]:
    """Resume a run from its newest intact checkpoint.

    A run without a checkpoint starts over, with the same result.

    Args:
        path: The run directory, or the name of a run in `./runs`.
        selection: The backend, already selected; it may differ from the former one.
        epochs: The epoch to train to, instead of the config's.
        schedule: What more epochs do to the schedule. `stretch` covers all of them, so
            the learning rate jumps. `keep` holds the last rate in the added ones.
        data: New path of the file that the run was trained on, if it has moved.
        test_data: New path of its test data, if they have moved.
        arguments: The command line, for the record.
        reporter: The progress reporter; None reports nothing.
        report: Whether to write `report.html` at the end.
        baselines: Whether to score the baselines.
        trust_edits: Whether files that changed after the run was sealed are accepted.

    Returns:
        The content of `result.json`, and the run's path.

    Raises:
        BackendError: If a script changed the Keras settings that runs need.
        ConfigError: If there is no run, or nothing is left to train.
        DataError: If the data differ from those of the run.
        ModelFileError: If a sealed file changed, if all checkpoints are damaged, or if
            the newest intact one is of a different model or optimizer.
        LockedError: If another process uses the run.
        DivergedError: If the run diverged; it is kept.
        InterruptedRunError: If a signal arrived; the run is saved.
    """
    settings.check()
    run = runs_folder.find(path)
    with run.locked():
        edited = manifest.check_seal(run.path, trust_edits)
        former = run.read_config()
        config = config_to_resume(run, former, epochs, schedule, data, test_data)
        snapshot = files.read_newest(run.checkpoints, lambda _: None)
        with limited_to_checkpoint(snapshot, run.checkpoints):
            fitted = encodings.former_preprocessing(run)
            dataset = assemble.dataset(config, former=fitted)
            session = build_session(config, dataset, is_new=snapshot is None)
        check_same(run, session.dataset.sha256)
        details = snapshot.details if snapshot else {}
        if snapshot:
            details_of.check(details, details_of.RUN)
        reached = details.get("epoch", 0) + (details.get("batch", 0) > 0)
        before = config.transfer.head_epochs
        if before + config.training.epochs < reached:
            what = f"{run.path} is already in epoch {reached - before}"
            raise ConfigError(what, f"pass --epochs {reached - before} or more")
        if epochs and details.get("stopped"):
            what = f"{run.path} stopped early, after {details['epoch']} epochs"
            raise ConfigError(what, "train again with a larger training.patience")
        head = head_stage(session, snapshot)
        current = head or session
        if snapshot:
            for each in {id(each): each for each in (session, current)}.values():
                state.restore_frozen(each.model, snapshot)  # it may give features
            features.use(current)
            current.compile()
            snapshot = begin_stage(current.learner, snapshot, current.stage)
            snapshot = translated(current.learner, snapshot)
            state.check(current.learner, snapshot)  # before any file of the run changes
            random_state.check(snapshot.arrays, details["random"])
            _check_callbacks(current.learner, snapshot)
        with run.sealed():
            run.forget_result()  # else the run would count as ended if stopped again
            run.keep_epochs(_lines(details))
            run.write_config(config)
            recorded = environment(selection, config, arguments)
            run.write_environment(recorded | {"data_sha256": session.dataset.sha256})
            run.write_preprocessing(session.dataset.encoding.to_json())
            step = snapshot.step if snapshot else 0
            run.log_event(
                "resume",
                f"from step {step} on {selection.name}, by {selection.reason}",
                step=step,
            )
            for line in selection.overruled:
                run.log_event("setting", line)
            reporter = reporter or NullReporter()
            if edited:
                run.log_event("edited", f"{', '.join(edited)} changed by hand, trusted")
            if line := _learning_rate_change(former, config, session.dataset, details):
                run.log_finding(Finding("schedule", line, severity="info"))
                reporter.note(line)
            train_head(session, head, run, reporter)
            return session.fit(run, reporter, report, baselines)


def _learning_rate_change(
    former: Config, config: Config, dataset: Dataset, details: dict[str, Any]
) -> str | None:
    """Describe how the learning rate continues, or None if no epochs are added."""
    if former.training.epochs == config.training.epochs or not details:
        return None
    training, examples = config.training, len(dataset.train)
    batches = steps_per_epoch(examples, training.examples_per_batch)
    epoch = details.get("epoch", 0) - config.transfer.head_epochs
    if epoch < 0:
        return None  # the schedule has not begun
    step = epoch * updates_per_epoch(batches, training.accumulate)
    step += details.get("batch", 0) // training.accumulate
    schedules = [
        assemble.schedule(each, total_steps(each, examples))
        for each in (former, config)
    ]
    if not all(map(callable, schedules)):
        return None
    # The former schedule is asked for one of its own steps.
    last = min(step, total_steps(former, examples)) - 1
    before, after = (
        float(learning_rates(schedule, max(0, at)))
        for schedule, at in zip(schedules, (last, step), strict=True)
    )
    kept = training.schedule_epochs != "auto"
    return (
        f"{training.epochs} epochs instead of {former.training.epochs}: the schedule "
        f"is {'kept' if kept else 'stretched'}, the learning rate continues at "
        f"{after:.3g} after {before:.3g}"
    )


def _check_callbacks(model: keras.Model, snapshot: Snapshot) -> None:
    """Check the callback states in a checkpoint.

    Raises:
        ModelFileError: If a callback cannot have such a state.
    """
    weights, state_of = model.get_weights(), {}
    for name, saved in kept_by_name(snapshot.details["callbacks"]).items():
        check_state(saved.kind, saved.state, saved.place, snapshot.arrays, weights)
        state_of[name] = saved.state
    best = state_of.get("EarlyStopping", {})
    epoch = best.get("best_epoch", {"value": 0})["value"]
    if "arrays" in best.get("best_weights", {}) and epoch >= len(
        _lines(snapshot.details)
    ):
        what = f"the checkpoint has no metrics of its best epoch, {epoch + 1}"
        raise ModelFileError(what, "restore it from a copy, or train again")


def _lines(details: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the lines of the metrics log in a checkpoint."""
    saved = kept_by_name(details.get("callbacks", []))
    return saved["MetricsLog"].state["lines"]["value"] if "MetricsLog" in saved else []
