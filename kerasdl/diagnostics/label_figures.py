"""Figures of a model of several labels: each label, and its ranking."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn import metrics

from kerasdl.diagnostics.class_figures import MOST_CURVES, POINTS
from kerasdl.diagnostics.confusion import MAX_CLASSES
from kerasdl.figures import Cell, Figure, Lines, Table


def label_figures(
    encoded: np.ndarray, probabilities: np.ndarray, names: Sequence[str]
) -> list[Figure]:
    """Return precision, recall and F1 of each label, and the ROC curves of the worst.

    Args:
        encoded: 0 or 1, of shape `(examples, labels)`.
        probabilities: Floats of the same shape; a label is given from 0.5 on.
        names: Name of each label.
    """
    truth, given = encoded > 0.5, probabilities >= 0.5
    parts: Any = metrics.precision_recall_fscore_support(
        truth, given, average=None, zero_division=0
    )
    precision, recall, f1, support = (np.atleast_1d(each).tolist() for each in parts)
    rows: list[list[Cell]] = [
        [str(names[n]), precision[n], recall[n], f1[n], int(support[n])]
        for n in np.lexsort((np.arange(len(names)), f1))[:MAX_CLASSES].tolist()
    ]
    columns = ["label", "precision", "recall", "F1", "examples with it"]
    figures: list[Figure] = [Table("Labels", columns, rows)]
    both = [n for n in range(len(names)) if 0 < truth[:, n].sum() < len(truth)]
    areas = {n: metrics.roc_auc_score(truth[:, n], probabilities[:, n]) for n in both}
    worst = sorted(areas, key=lambda n: (areas[n], n))[:MOST_CURVES]
    if worst:
        curves = [
            metrics.roc_curve(truth[:, n], probabilities[:, n])[:2] for n in worst
        ]
        thin = [
            np.unique(np.linspace(0, len(x) - 1, POINTS).round().astype(int))
            for x, _ in curves
        ]
        figures.append(
            Lines(
                "ROC curve", "false positive rate", "true positive rate",
                [f"{names[n]} (AUC {areas[n]:.3f})" for n in worst],
                [x[at].tolist() for (x, _), at in zip(curves, thin, strict=True)],
                [y[at].tolist() for (_, y), at in zip(curves, thin, strict=True)],
                diagonal=True,
            )
        )  # fmt: skip
    return figures
