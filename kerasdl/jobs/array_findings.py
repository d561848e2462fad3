"""What whole arrays say that one batch does not."""

import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from kerasdl.data.table.column_score import LEAKS, column_score, of_classes, of_numbers
from kerasdl.diagnostics.input_findings import not_finite
from kerasdl.finding import Finding
from kerasdl.jobs.first_batch import named
from kerasdl.tasks.classes import Classes
from kerasdl.tasks.imbalance import imbalance

SORTED = 0.1
"""Examples are in the order of their classes if the class changes less than this share of
the times that it would in random order."""
FEWEST = 50
"""The order of fewer examples says nothing."""
MOST_COLUMNS = 200
"""Arrays of more columns are not searched for one that is a copy of the target."""


def array_findings(x: Any, y: Any, may_repeat: bool = False) -> Iterator[Finding]:
    """Yield what arrays say about rare classes, and columns that leak the target.

    Args:
        x: Inputs; columns are compared if they have the shape `(examples, features)`.
        y: Targets. Integers of shape `(examples,)` or `(examples, 1)` are classes, as
            are rows with a single 1; floats of one column are numbers.
        may_repeat: Whether an example may come again, as from an endless loader. Equal
            rows then do not tell one another's targets.
    """
    lost = [
        finding
        for given, name in ((x, "inputs"), (y, "targets"))
        for place, values in named(given, name).items()
        if isinstance(values, np.ndarray)
        for finding in not_finite(values, place)
    ]
    yield from lost
    if not isinstance(y, np.ndarray) or not len(y) or y.dtype.kind not in "biuf":
        return
    if not np.isfinite(y).all():
        return
    labels = class_numbers(y)
    if labels is not None and labels.min() >= 0:
        hint = "pass class_weight to fit, or sample weights"
        for finding in imbalance("none", labels, Classes(int(labels.max()) + 1)):
            yield replace(finding, hint=hint, where="targets")
        yield from _in_order(labels)
    target = labels
    if target is None and y.size == len(y):
        target = y.reshape(-1)
    is_table = isinstance(x, np.ndarray) and x.ndim == 2 and x.dtype.kind in "biuf"
    if is_table and target is not None and 1 < x.shape[1] <= MOST_COLUMNS:
        groups = None
        if may_repeat:
            groups = np.unique(x, axis=0, return_inverse=True)[1].reshape(-1)
        yield from _leaks(x, target, labels is not None, groups)


def _in_order(labels: np.ndarray) -> Iterator[Finding]:
    """Yield a finding if the examples of a class follow one another."""
    counts = np.bincount(labels)
    expected = len(labels) * (1 - float(np.square(counts / len(labels)).sum()))
    changes = int((labels[1:] != labels[:-1]).sum())
    if len(labels) < FEWEST or changes > SORTED * expected:
        return
    yield Finding(
        "order",
        f"the class changes {changes:,} times from one example to the next, and would "
        f"about {expected:,.0f} times in random order",
        "shuffle them before fit: validation_split takes the last ones",
        "targets",
        changes,
        f"> {SORTED * expected:.0f}",
        why="what is held out, or in a batch, is of few classes; Bengio 2012, section "
        "3.1, https://arxiv.org/abs/1206.5533",
    )


def class_numbers(y: np.ndarray) -> np.ndarray | None:
    """Return class numbers, or None if targets are not classes."""
    if y.size == len(y) and y.dtype.kind in "biu":
        labels = y.reshape(-1).astype("int64")
        return labels if labels.max() < max(len(y), 2) else None
    is_one_hot = y.ndim == 2 and y.shape[1] > 1 and np.isin(y, (0, 1)).all()
    if is_one_hot and (y.sum(-1) == 1).all():
        return y.argmax(-1)
    return None


def _leaks(
    x: np.ndarray, target: np.ndarray, has_classes: bool, groups: np.ndarray | None
) -> Iterator[Finding]:
    ask = of_classes if has_classes else of_numbers
    with warnings.catch_warnings(action="ignore"):  # folds without a rare class
        if (question := ask(target, np.arange(len(target)), groups)) is None:
            return
        for number, column in enumerate(x[question.rows].T):
            codes = np.unique(column, return_inverse=True)[1].astype("float32")
            if (score := column_score(codes[:, None], question)) >= LEAKS:
                yield Finding(
                    "leak",
                    f"column {number} of the inputs alone predicts the target nearly "
                    f"perfectly: {score:.3f}, where chance is 0",
                    "leave it out, unless it is known before the target",
                    f"column {number}",
                    score,
                    f"< {LEAKS}",
                    why="what is known only after the target is not there to predict "
                    "it; Kaufman et al. 2012, https://doi.org/10.1145/2382577.2382579",
                )
