"""How often a classifier is wrong where it is most confident."""

from dataclasses import dataclass

import numpy as np

from kerasdl.diagnostics.mean_interval import mean_interval

CONFIDENT = 0.25
"""Share of the examples that are the most confident."""
FEWEST = 40
"""Of fewer examples, nothing is said."""


@dataclass(frozen=True)
class ConfidentErrors:
    """Shares of wrong predictions.

    Args:
        all: Of all predictions.
        confident: Of the quarter of highest confidence.
        least: The lower end of the 95 % interval of the latter.
    """

    all: float
    confident: float
    least: float


def confident_errors(classes: np.ndarray, logits: np.ndarray) -> ConfidentErrors | None:
    """Return how often predictions are wrong, and how often the most confident ones.

    Args:
        classes: Class numbers, integers of shape `(examples,)`.
        logits: Logits of shape `(examples, classes)`.

    Returns:
        The shares; None of too few examples.
    """
    if len(classes) < FEWEST:
        return None
    values = logits.astype("float64")
    values -= np.logaddexp.reduce(values, axis=1, keepdims=True)
    wrong = values.argmax(1) != classes
    confident = np.argsort(-values.max(1), kind="stable")[: int(CONFIDENT * len(wrong))]
    chosen = wrong[confident]
    share, low, _ = mean_interval(chosen, is_share=True)
    return ConfidentErrors(float(wrong.mean()), share, low)
