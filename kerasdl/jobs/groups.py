"""How a model treats groups of examples."""

from dataclasses import asdict
from typing import Any

import numpy as np

from kerasdl.diagnostics.group_figures import group_figures
from kerasdl.diagnostics.group_gaps import group_gaps
from kerasdl.diagnostics.group_rates import SMALLEST, group_rates
from kerasdl.diagnostics.slices import MOST_VALUES, slices_of
from kerasdl.errors import ConfigError, DataError
from kerasdl.figures import Figure
from kerasdl.jobs.evaluate import Subject
from kerasdl.tasks.measured import Predicted


def groups(
    subject: Subject, predicted: Predicted | None, column: str
) -> tuple[dict[str, Any], list[Figure]]:
    """Return rates, scores and gaps of groups, as JSON values and as figures.

    Args:
        subject: The model and the examples.
        predicted: What it predicts for them; None if that is not kept.
        column: Column of the data whose values are the groups, or whose quarters if it
            holds many numbers. The model need not see it.

    Raises:
        ConfigError: If the task has nothing to compare.
        DataError: If there is no such column, or its values are no groups.
    """
    targets = subject.encoding.targets
    measures = targets.measures(*predicted) if predicted else []
    if not predicted or not measures:
        what = f"--group has no meaning in {subject.task.name}"
        raise ConfigError(what, "leave it out")
    members = _members(subject, column)
    rates, gaps = group_rates(measures, members), group_gaps(measures, members)
    scores = {
        name: targets.score(predicted.encoded[group], predicted.outputs[group])
        for name, group in members.items()
        if group.sum() >= SMALLEST
    }
    values = {
        "column": column,
        "groups": {
            name: {
                "examples": int(members[name].sum()),
                "scores": scores.get(name, {}),
                "rates": [
                    {"name": measure.name, "of": measure.of, **asdict(rate)}
                    for measure, rate in zip(measures, own, strict=True)
                ],
            }
            for name, own in rates.items()
        },
        "gaps": [asdict(gap) for gap in gaps],
    }
    return values, group_figures(column, measures, rates, scores, gaps)


def _members(subject: Subject, column: str) -> dict[str, np.ndarray]:
    """Return the examples of each group, booleans of shape `(examples,)`."""
    described = subject.config.data.describe(subject.part)
    known = [name for name in described if name != "row"]
    if column not in known:
        what = f"{subject.name} has no column {column!r} to group by"
        hint = f"it has {', '.join(known[:MOST_VALUES])}" if known else "use a table"
        raise DataError(what, hint)
    found = {name.removeprefix("= "): g for name, g in slices_of(described[column])}
    if not found:
        count = len(set(map(str, described[column].tolist())))
        what = f"column {column!r} of {subject.name} has {count:,} different values"
        hint = f"group by numbers, or by 2 to {MOST_VALUES} values"
        raise DataError(what, hint)
    return found
