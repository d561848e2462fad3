"""Curves of what ranks worst: true against false positives, precision against recall."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from sklearn import metrics

from kerasdl.figures import Lines

MOST_CURVES = 6
"""Classes or labels whose curves are drawn; those that rank worst."""
POINTS = 200
"""Points of a curve, at most."""


class Ranked(NamedTuple):
    """How scores rank the examples of a class or label.

    Args:
        name: Its name.
        truth: Whether each example has it, bool of shape `(examples,)`.
        scores: Floats of the same shape, higher for examples that have it.
        area: The area under the ROC curve.
    """

    name: str
    truth: np.ndarray
    scores: np.ndarray
    area: float


def ranking(
    truth: np.ndarray, scores: np.ndarray, names: Sequence[str]
) -> list[Ranked]:
    """Return the ranking of each column, the worst first.

    Columns that all examples have, or none has, rank nothing and are left out.

    Args:
        truth: bool of shape `(examples, columns)`.
        scores: Floats of the same shape.
        names: Name of each column.
    """
    ranked = [
        Ranked(name, own, score, float(metrics.roc_auc_score(own, score)))
        for name, own, score in zip(names, truth.T, scores.T, strict=True)
        if own.any() and not own.all()
    ]
    return sorted(ranked, key=lambda each: each.area)


def roc_curves(ranked: Sequence[Ranked], what: str) -> Lines:
    """Return the ROC curves of the first columns.

    Args:
        ranked: From `ranking`.
        what: What the columns are, in the plural.
    """
    shown = ranked[:MOST_CURVES]
    curves = [metrics.roc_curve(each.truth, each.scores)[:2] for each in shown]
    x, y = _thinned(curves)
    names = [f"{each.name} (AUC {each.area:.3f})" for each in shown]
    axes = "false positive rate", "true positive rate"
    note = _note(ranked, what)
    return Lines("ROC curve", *axes, names, x, y, diagonal=True, note=note)


def recall_curves(ranked: Sequence[Ranked], what: str) -> Lines:
    """Return the precision–recall curves of the first columns; arguments as above."""
    shown = ranked[:MOST_CURVES]
    curves = [
        metrics.precision_recall_curve(each.truth, each.scores)[1::-1] for each in shown
    ]
    x, y = _thinned(curves)
    names, note = [each.name for each in shown], _note(ranked, what)
    title = "Precision–recall curve"
    return Lines(title, "recall", "precision", names, x, y, note=note)


def _thinned(
    curves: Sequence[tuple[np.ndarray, ...]],
) -> tuple[list[list[float]], list[list[float | None]]]:
    """Return the x and the y of at most `POINTS` points of each curve, with both ends."""
    xs, ys = [], []
    for x, y in curves:
        places = np.unique(np.linspace(0, len(x) - 1, POINTS).round().astype(int))
        xs.append(x[places].tolist())
        ys.append(y[places].tolist())
    return xs, ys


def _note(ranked: Sequence[Ranked], what: str) -> str:
    if len(ranked) <= MOST_CURVES:
        return ""
    return f"The {MOST_CURVES} {what} of {len(ranked)} that rank worst."
