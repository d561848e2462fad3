"""How the score of a model suffers from damaged inputs and from attacks."""

from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from kerasdl.data.preprocessing import Part
from kerasdl.diagnostics.bootstrap import margins
from kerasdl.errors import ConfigError, DataError
from kerasdl.figures import Cell, Figure, Table
from kerasdl.jobs.attacked import attacked, ball_of, can_be_attacked
from kerasdl.jobs.evaluate import Subject
from kerasdl.tasks.outputs import outputs_of

MOST_EXAMPLES = 2_000
"""Examples that are damaged; of more, the first ones."""
SEED = 0
"""Seed of what is drawn, so that all models meet the same damage."""


class Trial(NamedTuple):
    """Outputs for damaged inputs.

    Args:
        name: What was done to the inputs.
        severity: How much of it.
        outputs: Outputs of the model for them; None if it cannot take them.
        reason: Why it cannot.
    """

    name: str
    severity: str
    outputs: np.ndarray | None
    reason: str = ""


def robustness(
    subject: Subject, radius: float | None = None
) -> tuple[dict[str, Any], list[Figure]]:
    """Return the scores for damaged and for attacked inputs, as JSON and as figures.

    Args:
        subject: The model and the examples.
        radius: The largest change that an attack makes to a number of an input, in the
            units of the model's inputs. By default 8/255 of the range of pixels, or 0.1
            of other numbers.

    Raises:
        ConfigError: If the data have no corruptions and no attacks, or the radius has
            no meaning.
    """
    _check(subject, radius)
    count = min(len(subject.examples), MOST_EXAMPLES)
    x, y = subject.examples.take(np.arange(count))
    clean, targets = _outputs(subject, x), subject.encoding.targets
    trials = [*_corrupted(subject, count)]
    ball = ball_of(x, radius) if can_be_attacked(subject) else None
    if ball:
        changed = attacked(subject, x, y, ball, SEED)
        size = f"radius {ball.radius:.4g}"
        trials += [Trial(name, size, _outputs(subject, each)) for name, each in changed]
    if not trials:
        raise _without_meaning(subject)
    scores = targets.score(y, clean)
    score = subject.task.headline
    score = score if score in scores else next(iter(scores))
    outputs = {str(n): t.outputs for n, t in enumerate(trials) if t.outputs is not None}
    drops = margins(partial(targets.score_resamples, score, y), clean, outputs, count)
    found = []
    for n, trial in enumerate(trials):
        own = {"name": trial.name, "severity": trial.severity}
        if trial.outputs is None:
            found.append(own | {"reason": trial.reason})
            continue
        reached = targets.score(y, trial.outputs)
        drop = {"estimate": scores[score] - reached[score]}
        drop |= asdict(drops[str(n)]) if str(n) in drops else {}
        found.append(own | {"scores": reached, "drop": drop})
    values = {
        "score": score,
        "examples": count,
        "clean": scores,
        "radius": ball and ball.radius,
        "trials": found,
    }
    return values, [_table(values)]


def _without_meaning(subject: Subject) -> ConfigError:
    kind, task = subject.encoding.kind, subject.task.name
    what = f"--robustness has no meaning for {kind} data in {task}"
    return ConfigError(what, "leave it out")


def _check(subject: Subject, radius: float | None) -> None:
    if not subject.encoding.targets.each_predicted:
        raise _without_meaning(subject)
    if radius is None:
        return
    if not can_be_attacked(subject):
        what = f"--radius has no meaning: {subject.name} are no numbers to attack"
        raise ConfigError(what, "leave it out")
    if not 0 < radius < np.inf:
        raise ConfigError(f"--radius is {radius}", "give a number above 0")


def _corrupted(subject: Subject, count: int) -> Iterator[Trial]:
    """Yield what the model makes of corruptions that its kind of data has."""
    preprocessing = subject.encoding.preprocessing
    part = Part(subject.part.raw, subject.part.rows[:count])
    for each in subject.config.data.corrupted(part, preprocessing, SEED):
        try:
            x = preprocessing.inputs(each.part)
        except DataError as fault:  # such as a number far from all others
            yield Trial(each.name, each.severity, None, fault.what)
        else:
            yield Trial(each.name, each.severity, _outputs(subject, x))


def _outputs(subject: Subject, x: np.ndarray) -> np.ndarray:
    size = min(subject.batch_size, len(x))
    parts = range(0, len(x), size)
    return np.concatenate(
        [outputs_of(subject.model, x[begin : begin + size], size) for begin in parts]
    )


def _table(values: dict[str, Any]) -> Table:
    score = values["score"].replace("_", " ")
    rows: list[list[Cell]] = []
    for trial in values["trials"]:
        row = [trial["name"], trial["severity"]]
        if reason := trial.get("reason"):
            rows.append([*row, f"none: {reason}", None, None, None])
            continue
        drop = trial["drop"]
        bounds = [drop.get(end) for end in ("low", "high")]
        rows.append([*row, trial["scores"][values["score"]], drop["estimate"], *bounds])
    names = ["inputs", "severity", score, "drop", "from", "to"]
    note = (
        f"Of clean inputs, it is {values['clean'][values['score']]:.4g}, over "
        f"{values['examples']:,} examples. The drop has a 95 % interval."
    )
    return Table(f"{score} of damaged inputs".capitalize(), names, rows, note)
