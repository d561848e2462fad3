"""What the doctor reads of a run directory."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kerasdl import tasks
from kerasdl.diagnostics.causes import Evidence
from kerasdl.diagnostics.label_errors import ConfidentErrors, confident_errors
from kerasdl.errors import ConfigError, DataError
from kerasdl.finding import SEVERITIES, Finding
from kerasdl.jobs.compared_run import flat_keys
from kerasdl.jobs.imported import check_has_data
from kerasdl.report.kept import read_predictions
from kerasdl.rundir import RunDir, number, numbers


def read_evidence(run: RunDir) -> Evidence:
    """Return what a run shows of itself.

    Raises:
        ConfigError: If it has not ended, or its config cannot be read.
        ModelFileError: If a file of it is damaged.
        UnsafeError: If a file of it claims more than it holds.
    """
    if (result := run.read_result()) is None:
        what = f"{run.path} has not ended"
        raise ConfigError(what, f"end it: kerasdl resume {shlex.quote(str(run.path))}")
    return evidence_of(run, result)


def evidence_of(run: RunDir, result: Mapping[str, Any]) -> Evidence:
    """Return what a run shows of itself; `result` is that of its `result.json`."""
    config = run.read_config()
    check_has_data(run, config)
    task = tasks.find(config.data.task)
    scores = {
        name: numbers(each)
        for name, each in _table(result, "baseline").items()
        if isinstance(each, dict)
    }
    name, higher = task.headline, task.direction(task.headline) == "max"
    count = number(_table(result, "examples").get("train"))
    parameters = number(result.get("parameters"))
    return Evidence(
        flat_keys(config),
        str(result.get("status")),
        [numbers(line) for line in run.read_epochs()[config.transfer.head_epochs :]],
        numbers(_table(result, "test")),
        {each: known[name] for each, known in scores.items() if name in known},
        name,
        higher,
        [finding for event in run.read_events() if (finding := _finding(event))],
        _errors(run),
        int(count) if count else None,
        int(parameters) if parameters else None,
        _clearly_better(_table(result, "baseline"), higher),
        max(
            each.get("roc_auc", 0.5)
            for each in (*scores.values(), numbers(_table(result, "test")))
        ),
    )


def _clearly_better(
    baselines: Mapping[str, Any], higher_is_better: bool
) -> list[str] | None:
    """Return the baselines whose whole margin is in their favour; None without margins."""
    sign, end = (1, "high") if higher_is_better else (-1, "low")
    ends = {
        name: sign * margin[end]
        for name, each in baselines.items()
        if isinstance(each, dict)
        and isinstance(each.get("margin"), dict)
        and end in (margin := numbers(each["margin"]))
    }
    return [name for name, value in ends.items() if value < 0] if ends else None


def _table(result: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a table of a result; an empty one if it is none."""
    found = result.get(name)
    return found if isinstance(found, dict) else {}


def with_findings(evidence: Evidence, findings: Sequence[Finding]) -> Evidence:
    """Return evidence with further findings."""
    return replace(evidence, findings=[*evidence.findings, *findings])


def _finding(event: dict[str, Any]) -> Finding | None:
    """Return the finding that an event is; None if it is none."""
    severity = event.get("severity")
    if severity not in SEVERITIES:
        return None
    what, _, hint = str(event.get("message")).partition(" — ")
    value = number(event.get("value"))
    return Finding(str(event.get("kind")), what, hint, value=value, severity=severity)


def _errors(run: RunDir) -> ConfidentErrors | None:
    """Return how often a classifier is wrong where it is most confident.

    None if the predictions of the test split are not kept, or are not logits of classes.
    """
    try:
        arrays = read_predictions(run, "test")
    except DataError:
        return None  # the report says so
    if arrays is None:
        return None
    if not {"encoded", "outputs"} <= arrays.keys():
        return None
    classes, logits = arrays["encoded"], arrays["outputs"]
    fits = logits.ndim == 2 and classes.shape == logits.shape[:1]
    fits = fits and logits.shape[1] > 1 and np.isfinite(logits).all()
    if not fits or classes.dtype.kind not in "iu" or logits.dtype.kind != "f":
        return None
    return confident_errors(classes, logits)
