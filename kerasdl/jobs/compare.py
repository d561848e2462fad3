"""Compare runs: configs, curves, scores, and whether they differ by more than chance."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kerasdl import tasks
from kerasdl.config.suggestion import suggestion
from kerasdl.errors import ConfigError
from kerasdl.jobs.compared_run import ComparedRun, read_run
from kerasdl.jobs.paired_tests import paired_tests
from kerasdl.jobs.seed_groups import seed_groups
from kerasdl.rundir import RunDir


@dataclass(frozen=True)
class Reached:
    """When a run first reaches a score.

    Args:
        epoch: Number of epochs.
        seconds: Their seconds; None if the run did not log them.
    """

    epoch: int
    seconds: float | None


def compare(
    runs: Sequence[tuple[str, RunDir]],
    metric: str | None = None,
    reach: tuple[str, float] | None = None,
) -> dict[str, Any]:
    """Compare runs, without Keras and without their data.

    Args:
        runs: Names and directories of at least two runs.
        metric: What the curves show; by default what the first run monitors.
        reach: The name of a metric of the epochs, and the value to reach.

    Returns:
        JSON values. `runs`: what each reaches. `differences`: the keys whose values
        differ, with the value of each run. `metric` and `curves`: its value in each
        epoch. `groups`: the mean and the deviation of the scores of runs that differ in
        their seed alone, and `group_margins` between them. `margins`: the score of each
        other run minus that of the first, on the same test examples. `notes`: what is
        left out, and why.

    Raises:
        ConfigError: If a config cannot be read, or no run logs a metric.
        DataError: If predictions are damaged.
        ModelFileError: If a run is damaged.
        UnsafeError: If a file claims more than it holds.
    """
    read = [read_run(name, directory) for name, directory in runs]
    metric = metric or read[0].config.training.monitor
    _check_logged(read, metric)
    margins, notes = paired_tests(read)
    groups, group_margins = seed_groups(read)
    rows = []
    for run in read:
        row = {
            "run": run.name,
            "status": run.status,
            "backend": run.backend,
            "epochs": len(run.epochs),
            "seconds": run.seconds,
            "test": run.test,
        }
        if reach:
            reached = _reached(run, *reach, read)
            row["reached"] = reached and vars(reached)
        rows.append(row)
    return {
        "runs": rows,
        "differences": _differences(read),
        "metric": metric,
        "curves": {run.name: run.curve(metric) for run in read},
        "groups": groups,
        "group_margins": group_margins,
        "margins": margins,
        "notes": notes,
    }


def _differences(runs: list[ComparedRun]) -> dict[str, list[Any]]:
    """Return the keys of the configs that differ; None stands for a missing key."""
    keys = dict.fromkeys(itertools.chain.from_iterable(run.keys for run in runs))
    values = {key: [run.keys.get(key) for run in runs] for key in keys}
    return {
        key: each
        for key, each in values.items()
        if any(value != each[0] for value in each)
    }


def _check_logged(runs: list[ComparedRun], metric: str) -> None:
    """Raise `ConfigError` unless an epoch of some run has a metric."""
    names = {name for run in runs for line in run.epochs for name in line}
    if names and metric not in names:
        what = f"no epoch of these runs has {metric!r}"
        raise ConfigError(what, suggestion(metric, sorted(names)))


def _reached(
    run: ComparedRun, metric: str, value: float, runs: list[ComparedRun]
) -> Reached | None:
    """Return when a run first has at least, or at most, a value of a metric."""
    _check_logged(runs, metric)
    try:
        sign = -1 if tasks.find(run.config.data.task).direction(metric) == "min" else 1
    except KeyError:
        what = f"--reach takes a loss or a score, and {metric!r} is neither"
        raise ConfigError(what, "name one, such as val_loss") from None
    seconds: float | None = 0.0
    for number, line in enumerate(run.epochs, 1):
        lasted = line.get("seconds")
        seconds = None if seconds is None or lasted is None else seconds + lasted
        if metric in line and sign * line[metric] >= sign * value:
            return Reached(number, seconds)
    return None
