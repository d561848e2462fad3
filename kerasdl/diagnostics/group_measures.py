"""What groups of examples are compared by."""

import numpy as np

from kerasdl.data.measure import Measure

PARITY = "demographic parity difference"
ODDS = "equalised odds difference"


def share_measures(
    positive: np.ndarray, selected: np.ndarray, of: str
) -> list[Measure]:
    """Return the rates of a decision with two outcomes.

    Demographic parity compares selection rates. Equalised odds compares true and false
    positive rates (Hardt et al. 2016, https://arxiv.org/abs/1610.02413).

    Args:
        positive: Whether each example is of the class, of shape `(examples,)`.
        selected: Whether it is predicted to be.
        of: Name of the class.
    """
    everyone = np.ones(len(positive), bool)
    return [
        Measure("selection rate", selected, everyone, PARITY, of),
        Measure("true positive rate", selected, positive, ODDS, of),
        Measure("false positive rate", selected, ~positive, ODDS, of),
        Measure("precision", positive, selected, "predictive parity difference", of),
    ]


def mean_measure(name: str, values: np.ndarray, of: str = "") -> Measure:
    """Return the mean of a value of each example, such as whether it is right."""
    return Measure(name, values, np.ones(len(values), bool), f"{name} difference", of)


def error_measures(y: np.ndarray, predicted: np.ndarray, of: str = "") -> list[Measure]:
    """Return the mean absolute error, and the mean error, which has a sign.

    Args:
        y: Floats of shape `(examples,)`.
        predicted: Floats of shape `(examples,)`.
        of: Name of the target.
    """
    return [
        mean_measure("mean absolute error", np.abs(predicted - y), of),
        mean_measure("mean error", predicted - y, of),
    ]
