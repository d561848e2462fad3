"""Figures of a classifier: each class, confusions, ranking and calibration."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn import metrics

from kerasdl.diagnostics.confusion import MAX_CLASSES
from kerasdl.diagnostics.reliability import reliability
from kerasdl.diagnostics.scores import MAX_RANKED
from kerasdl.diagnostics.temperature import calibration_table
from kerasdl.figures import Cell, Figure, Lines, Matrix, Table

MOST_CURVES = 6
"""Classes whose curves are drawn; those that rank worst."""
POINTS = 200
"""Points of a curve, at most."""


def class_figures(
    labels: np.ndarray,
    logits: np.ndarray,
    names: Sequence[str],
    validation: tuple[np.ndarray, np.ndarray] | None = None,
) -> list[Figure]:
    """Return figures of a classifier, the most important first.

    Args:
        labels: Classes, integers of shape `(examples,)`.
        logits: float32 of shape `(examples, classes)`.
        names: Name of each class.
        validation: Labels and logits of the validation split, to fit a temperature on.
    """
    from scipy.special import softmax

    probabilities = softmax(logits.astype("float64"), axis=-1)
    figures: list[Figure] = [by_class(labels, probabilities.argmax(-1), names)]
    if len(names) <= MAX_CLASSES:
        counts = metrics.confusion_matrix(
            labels, probabilities.argmax(-1), labels=range(len(names))
        )
        title, true = "Confusion matrix", "true class"
        figures.append(
            Matrix(title, true, "predicted class", [*names], counts.tolist())
        )
    if probabilities.size <= MAX_RANKED:
        figures += ranking(labels, probabilities, names)
    figures.append(reliability(labels, probabilities))
    if validation is not None and len(validation[0]):
        figures.append(calibration_table(labels, logits, *validation))
    return figures


def by_class(labels: np.ndarray, predicted: np.ndarray, names: Sequence[str]) -> Table:
    """Return precision, recall and F1 of each class, the lowest F1 first.

    Args:
        labels: Classes, integers of shape `(examples,)`.
        predicted: Predicted classes, of the same shape.
        names: Name of each class.
    """
    parts: Any = metrics.precision_recall_fscore_support(
        labels, predicted, labels=range(len(names)), zero_division=0
    )
    precision, recall, f1, support = (each.tolist() for each in parts)
    order = np.lexsort((np.arange(len(names)), f1))
    rows: list[list[Cell]] = [
        [str(names[n]), precision[n], recall[n], f1[n], int(support[n])]
        for n in order[:MAX_CLASSES].tolist()
    ]
    columns = ["class", "precision", "recall", "F1", "examples"]
    left = len(names) - len(rows)
    return Table("Classes", columns, rows, f"{left:,} more classes." if left else "")


def ranking(
    labels: np.ndarray, probabilities: np.ndarray, names: Sequence[str]
) -> list[Figure]:
    """Return the ROC and precision–recall curves of the classes that rank worst.

    Of two classes, the curve is that of the second one.

    Args:
        labels: Classes, integers of shape `(examples,)`.
        probabilities: Floats of shape `(examples, classes)` with sums of 1.
        names: Name of each class.
    """
    present = np.flatnonzero(np.bincount(labels, minlength=len(names)))
    if len(present) < 2:
        return []
    shown = [1] if len(names) == 2 else present.tolist()
    areas = {n: metrics.roc_auc_score(labels == n, probabilities[:, n]) for n in shown}
    worst = sorted(areas, key=lambda n: (areas[n], n))[:MOST_CURVES]
    curves: dict[str, list[tuple[Any, Any]]] = {"roc": [], "recall": []}
    for n in worst:
        truth, ranked = labels == n, probabilities[:, n]
        curves["roc"].append(metrics.roc_curve(truth, ranked)[:2])
        precision, recall, _ = metrics.precision_recall_curve(truth, ranked)
        curves["recall"].append((recall, precision))
    left = len(areas) - len(worst)
    note = f"The {len(worst)} classes of {len(areas)} that rank worst." if left else ""
    titles = [f"{names[n]} (AUC {areas[n]:.3f})" for n in worst]
    roc = [*map(_thinned, curves["roc"])]
    recall = [*map(_thinned, curves["recall"])]
    return [
        Lines(
            "ROC curve", "false positive rate", "true positive rate",
            titles, [x for x, _ in roc], [y for _, y in roc],
            diagonal=True, note=note,
        ),
        Lines(
            "Precision–recall curve", "recall", "precision",
            [names[n] for n in worst], [x for x, _ in recall], [y for _, y in recall],
            note=note,
        ),
    ]  # fmt: skip


def _thinned(curve: tuple[np.ndarray, np.ndarray]) -> tuple[list[float], list[Any]]:
    """Return at most `POINTS` points of a curve, with both ends."""
    x, y = curve
    places = np.unique(np.linspace(0, len(x) - 1, POINTS).round().astype(int))
    return x[places].tolist(), y[places].tolist()
