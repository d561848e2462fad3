"""Confidence against accuracy."""

import numpy as np

from kerasdl.diagnostics.scores import BINS, confidence_bins
from kerasdl.figures import Lines


def reliability(
    labels: np.ndarray, probabilities: np.ndarray, bins: int = BINS
) -> Lines:
    """Return the accuracy over bins of confidence, as Guo et al. 2017, figure 1.

    Args:
        labels: Integers of shape `(examples,)`.
        probabilities: Floats of shape `(examples, classes)`.
        bins: Number of bins of equal width; each holds its upper edge.
    """
    counts, *sums = confidence_bins(labels, probabilities, bins)
    filled = counts > 0
    confidence, accuracy = ((each[filled] / counts[filled]).tolist() for each in sums)
    return Lines(
        "Reliability",
        "confidence",
        "accuracy",
        ["predictions"],
        [confidence],
        [accuracy],
        diagonal=True,
        note="Below the diagonal, predictions are more confident than they are right.",
    )
