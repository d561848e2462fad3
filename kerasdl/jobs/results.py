"""What `result.json` says of a trained model, besides its status."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from kerasdl import tasks
from kerasdl.config import Config
from kerasdl.data import Dataset
from kerasdl.data.targets import Targets
from kerasdl.diagnostics.bootstrap import margins
from kerasdl.errors import DataError
from kerasdl.finding import Finding
from kerasdl.tasks.measured import Measured

if TYPE_CHECKING:
    import keras

    from kerasdl.jobs.session import Session


class Scored(NamedTuple):
    """What the best model reaches.

    Args:
        result: The values for `result.json`: `best`, the metrics of the best epoch; the
            scores of the `validation` and the `test` split; and what the task adds, such
            as a confusion matrix. `undefined` says why the test split lacks a score, and
            `partial` what a score leaves out.
        test: What the model reaches on the test split.
        validation: What it reaches on the validation split; None if that is empty, or
            the task has no scores.
    """

    result: dict[str, Any]
    test: Measured
    validation: Measured | None


def scored(session: "Session") -> Scored:
    """Score the best model."""
    dataset, size = session.dataset, session.config.training.examples_per_batch
    test = session.task.measure(
        session.model, dataset.test, dataset.targets, session.config, size
    )
    validation = None
    result: dict[str, Any] = {"best": session.log.lines[session.best.best_epoch]}
    if session.task.scores and len(dataset.validation):
        validation = measured_validation(session, session.model)
        result["validation"] = validation.scores
    result["test"] = test.scores
    if test.undefined:
        result["undefined"] = test.undefined
    if test.partial:
        result["partial"] = test.partial
    if test.predicted:
        result |= dataset.targets.details(*test.predicted)
    return Scored(result, test, validation)


def sizes(session: "Session") -> dict[str, Any]:
    """Return the numbers of parameters, and of examples of each split."""
    splits = ("train", "validation", "test")
    examples = {name: len(getattr(session.dataset, name)) for name in splits}
    return {"parameters": session.model.count_params(), "examples": examples}


def scores_each_epoch(config: Config) -> bool:
    """Return whether the scores of the validation split are logged after each epoch.

    Predicting and scoring takes 3 to 40 ms an epoch for a small model, which may be as
    much as the epoch itself. So it is a choice.
    """
    training, task = config.training, tasks.find(config.data.task)
    return training.validation_scores or task.is_score_alone(training.monitor)


def check_monitor(config: Config, dataset: Dataset) -> None:
    """Raise `DataError` if the validation split leaves `training.monitor` undefined."""
    monitor = config.training.monitor
    score = monitor.removeprefix("val_")
    if score == monitor or not len(dataset.validation):
        return
    if (encoded := dataset.validation.targets()) is None:
        return
    undefined = dataset.targets.undefined(encoded)
    if reason := undefined.get(score):
        what = f"{monitor} of {dataset.source} is undefined: {reason}"
        raise DataError(what, "choose another training.monitor, or split otherwise")


def measured_validation(session: "Session", model: "keras.Model") -> Measured:
    """Return what a model reaches on the validation split, without the loss.

    Args:
        session: The run.
        model: Its model, or its learner.
    """
    size = session.config.training.examples_per_batch
    dataset = session.learned if model is session.learner else session.dataset
    return session.task.scored(model, dataset.validation, dataset.targets, size)


def validation_scores(session: "Session", model: "keras.Model") -> dict[str, float]:
    """Return the scores of a model on the validation split."""
    return measured_validation(session, model).scores


def left_out(scored: Scored, targets: Targets) -> list[Finding]:
    """Return a line for each score, and each part of the targets, that is left out."""
    findings = _undefined_findings(scored.test.undefined)
    findings += _partial_findings(scored.test.partial, "test")
    if scored.validation and scored.validation.predicted:
        partial = targets.partial(scored.validation.predicted.encoded)
        findings += _partial_findings(partial, "validation")
    return findings


def _undefined_findings(undefined: dict[str, str]) -> list[Finding]:
    """Return a line for each reason why the test split lacks scores."""
    return [
        Finding("score", f"no {names} of the test set: {reason}", severity="info")
        for reason, names in _by_reason(undefined).items()
    ]


def _partial_findings(partial: dict[str, str], split: str) -> list[Finding]:
    """Return a line for each part of the targets that scores of a split leave out."""
    return [
        Finding("score", f"{names} of the {split} set: {part}", severity="info")
        for part, names in _by_reason(partial).items()
    ]


def _by_reason(reasons: dict[str, str]) -> dict[str, str]:
    """Return the names of scores, joined, by their reason."""
    names: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        names.setdefault(reason, []).append(name)
    return {reason: ", ".join(each) for reason, each in names.items()}


def baselines(
    session: "Session", measured: Measured, warn: Callable[[str, str], None]
) -> dict[str, Any]:
    """Return the scores of the baselines; their errors do not end the run.

    Args:
        session: The run.
        measured: What the network reaches on the test split.
        warn: Receives the kind and the line of a warning.
    """
    try:
        found = session.task.baselines(session.config, session.dataset)
    except ValueError as fault:  # such as inputs that overflow
        line = " ".join(f"no baseline could be scored: {fault}".split())
        warn("baseline", line)
        return {}
    return with_margins(session, measured, found)


def with_margins(
    session: "Session", measured: Measured, baselines: dict[str, dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Return baselines with the margin of the network over each, without outputs.

    A `margin` is the headline score of the network minus that of the baseline, with a
    95 % interval from the bootstrap.
    """
    headline, targets = session.task.headline, session.dataset.targets
    outputs = {
        name: baseline["outputs"]
        for name, baseline in baselines.items()
        if "outputs" in baseline and headline in baseline
    }
    found = {}
    if headline in measured.scores.keys() & session.task.scores and measured.predicted:
        encoded, own = measured.predicted
        score = partial(targets.score_resamples, headline, encoded)
        found = margins(score, own, outputs, len(encoded))
    result = {}
    for name, baseline in baselines.items():
        result[name] = {k: v for k, v in baseline.items() if k != "outputs"}
        if name in found:
            estimate = measured.scores[headline] - baseline[headline]
            result[name]["margin"] = {"estimate": estimate, **asdict(found[name])}
    return result
