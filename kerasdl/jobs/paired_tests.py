"""Whether runs differ on the same test examples by more than chance."""

from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np

from kerasdl import tasks
from kerasdl.diagnostics.bootstrap import margins
from kerasdl.errors import ModelFileError
from kerasdl.jobs import encodings
from kerasdl.jobs.compared_run import ComparedRun
from kerasdl.jobs.dataset import split_seed
from kerasdl.report.kept import read_predictions

Predictions = dict[str, np.ndarray]


def paired_tests(runs: list[ComparedRun]) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the score of each other run minus that of the first, and what is left out.

    Returns:
        For each run that was tested on the same examples, the `estimate` of the
        difference, and the `low` and `high` ends of a 95 % interval from the bootstrap.
        Then a line for each other run.

    Raises:
        DataError: If predictions are damaged.
        ModelFileError: If they do not fit their run.
        UnsafeError: If a file of them claims more than it holds.
    """
    first, *others = runs
    own, rows, notes = _predictions(first), [], []
    for run in others:
        theirs = _predictions(run)
        if reason := _reason(first, run) or _unpaired(first, run, own, theirs):
            notes.append(f"{run.name} is not tested against {first.name}: {reason}")
        elif own and theirs:
            row = _margin(first, run, own, theirs)
            if row:
                rows.append(row)
            else:
                score = tasks.find(first.config.data.task).headline
                notes.append(f"{score} of {run.name} has no interval")
    return rows, notes


def _reason(first: ComparedRun, run: ComparedRun) -> str | None:
    """Return why two runs cannot be tested on the same examples."""
    if len({each.config.data.task for each in (first, run)}) > 1:
        return "they have different tasks"
    digests = [each.environment.get("data_sha256") for each in (first, run)]
    if None in digests or digests[0] != digests[1]:
        return "they are of different data"
    seeds = [split_seed(each.config) for each in (first, run)]
    if seeds[0] != seeds[1]:
        return f"they split by seeds {seeds[0]} and {seeds[1]}; set data.split_seed"
    return None


def _unpaired(
    first: ComparedRun,
    run: ComparedRun,
    own: Predictions | None,
    theirs: Predictions | None,
) -> str | None:
    """Return why the predictions of two runs are no pairs."""
    for each, predictions in ((first, own), (run, theirs)):
        if predictions is None:
            return f"no predictions kept in {each.name}"
    if own and theirs and not np.array_equal(own["encoded"], theirs["encoded"]):
        return "their test examples differ"
    return None


def _predictions(run: ComparedRun) -> Predictions | None:
    """Return the encoded targets and the outputs of a run's test split, if kept."""
    if (arrays := read_predictions(run.directory, "test")) is None:
        return None
    if len(arrays) < 2 or len({len(array) for array in arrays.values()}) > 1:
        what = f"evaluation/test.npz of {run.name} lacks targets or outputs"
        raise ModelFileError(what, "restore it from a copy")
    return arrays


def _margin(
    first: ComparedRun, run: ComparedRun, own: Predictions, theirs: Predictions
) -> dict[str, Any] | None:
    """Return the difference of the most important score, and its interval."""
    encoding = encodings.read(first.directory, first.config)
    targets = encoding.targets
    name, encoded = tasks.find(first.config.data.task).headline, own["encoded"]
    score = partial(targets.score_resamples, name, encoded)
    ones, outputs = np.ones((1, len(encoded))), {first.name: own["outputs"]}
    try:
        for each in (own, theirs):
            if each["outputs"].shape[1:] != encoding.output_shape:
                raise ValueError(f"outputs have the shape {each['outputs'].shape}")
        scores = [score(each["outputs"], ones) for each in (theirs, own)]
        found = margins(score, theirs["outputs"], outputs, len(encoded))
    except (IndexError, TypeError, ValueError) as fault:
        what = f"predictions of {run.name} or {first.name} are damaged: {fault}"
        raise ModelFileError(what, "restore them from a copy") from fault
    estimates = [float(each[0]) for each in scores if each is not None]
    if not found or len(estimates) < 2:
        return None
    estimate = estimates[0] - estimates[1]
    row = {"run": run.name, "minus": first.name, "score": name, "estimate": estimate}
    return row | asdict(found[first.name])
