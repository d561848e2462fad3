"""Confidence against accuracy."""

import numpy as np

from kerasdl.diagnostics.scores import BINS
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
    confidence = probabilities.max(-1)
    correct = (probabilities.argmax(-1) == labels).astype("float64")
    numbers = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    counts = np.bincount(numbers, minlength=bins)
    filled = counts > 0
    means = [
        np.bincount(numbers, each, bins)[filled] / counts[filled]
        for each in (confidence, correct)
    ]
    return Lines(
        "Reliability",
        "confidence",
        "accuracy",
        ["predictions"],
        [means[0].tolist()],
        [means[1].tolist()],
        diagonal=True,
        note="Below the diagonal, predictions are more confident than they are right.",
    )
