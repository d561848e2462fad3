"""Runs that differ in their seed alone."""

import itertools
import statistics
from dataclasses import asdict
from typing import Any

from kerasdl import tasks
from kerasdl.diagnostics.welch import welch_interval
from kerasdl.jobs.compared_run import ComparedRun

SEED = "training.seed"


def seed_groups(
    runs: list[ComparedRun],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return groups of at least two seeds, and the differences between groups.

    Returns:
        For each group, its `runs`, and the `mean` and the `deviation` of each score of
        the test split. For each pair of groups of one task, the `estimate` of the
        difference of the first from the second, and the `low` and `high` ends of
        Welch's 95 % interval.
    """
    groups: list[list[ComparedRun]] = []
    for run in runs:
        for group in groups:
            if _identity(run) == _identity(group[0]):
                group.append(run)
                break
        else:
            groups.append([run])
    groups = [group for group in groups if len({run.keys[SEED] for run in group}) > 1]
    rows = [
        {"runs": [run.name for run in group], "test": _spread(group)}
        for group in groups
    ]
    pairs = itertools.combinations(groups, 2)
    return rows, [row for pair in pairs if (row := _difference(*pair))]


def _identity(run: ComparedRun) -> dict[str, Any]:
    """Return what runs of a group have in common."""
    digest = run.environment.get("data_sha256")
    return run.keys | {SEED: None, "backend": run.backend, "data_sha256": digest}


def _scores(group: list[ComparedRun], name: str) -> list[float]:
    return [run.test[name] for run in group if name in run.test]


def _spread(group: list[ComparedRun]) -> dict[str, dict[str, float]]:
    """Return the mean and the deviation of each score that all runs have."""
    spread = {}
    for name in group[0].test:
        values = _scores(group, name)
        if len(values) == len(group):
            mean, deviation = statistics.fmean(values), statistics.stdev(values)
            spread[name] = {"mean": mean, "deviation": deviation}
    return spread


def _difference(
    first: list[ComparedRun], second: list[ComparedRun]
) -> dict[str, Any] | None:
    """Return how the most important score of two groups differs."""
    names = {run.config.data.task for run in (*first, *second)}
    digests = {str(run.environment.get("data_sha256")) for run in (*first, *second)}
    if len(names) > 1 or len(digests) > 1:
        return None
    score = tasks.find(*names).headline
    both = [_scores(group, score) for group in (first, second)]
    if min(map(len, both)) < 2:
        return None
    margin = welch_interval(*both)
    estimate = statistics.fmean(both[0]) - statistics.fmean(both[1])
    runs = {"runs": [run.name for run in first], "minus": [run.name for run in second]}
    return runs | {"score": score, "estimate": estimate, **asdict(margin)}
