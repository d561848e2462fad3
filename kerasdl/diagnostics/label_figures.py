"""Figures of a model of several labels: each label, and its ranking."""

from collections.abc import Sequence

import numpy as np

from kerasdl.diagnostics.ranking_figures import ranking, roc_curves
from kerasdl.diagnostics.score_table import score_table
from kerasdl.figures import Figure


def label_figures(
    encoded: np.ndarray, probabilities: np.ndarray, names: Sequence[str]
) -> list[Figure]:
    """Return precision, recall and F1 of each label, and the ROC curves of the worst.

    Args:
        encoded: 0 or 1, of shape `(examples, labels)`.
        probabilities: Floats of the same shape; a label is given above 0.5.
        names: Name of each label.
    """
    truth, given = encoded > 0.5, probabilities > 0.5
    counts = [each.sum(0) for each in (truth & given, given, truth)]
    what = "Labels", "label", "examples with it"
    figures: list[Figure] = [score_table(what, names, *counts)]
    if ranked := ranking(truth, probabilities, names):
        figures.append(roc_curves(ranked, "labels"))
    return figures
