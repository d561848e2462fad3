"""Classes that are much rarer than others."""

from collections.abc import Iterator

import numpy as np

from kerasdl.data.table.table import MOST_PLACES, listing
from kerasdl.finding import Finding
from kerasdl.tasks.class_weights import ClassWeights
from kerasdl.tasks.classes import Classes

RARE = 0.4
"""Share of a class below which it is rare, times that of equal classes.

Of two classes, one with less than 20 % is rare. There, Google's guide "Imbalanced Data"
begins to call an imbalance moderate: https://developers.google.com/machine-learning/
data-prep/construct/sampling-splitting/imbalanced-data.
"""
HINT = 'to weigh rare classes up, set training.class_weights = "balanced"'


def imbalance(
    setting: ClassWeights, labels: np.ndarray, classes: Classes
) -> Iterator[Finding]:
    """Yield a finding if some classes have few of the training examples.

    It is a warning, unless the config weighs classes.

    Args:
        setting: The value of `training.class_weights`.
        labels: Labels of the training examples, of shape `(examples,)`.
        classes: The classes. One without any training example is not counted.
    """
    counts = np.bincount(labels, minlength=classes.num_classes)
    equal = len(labels) / (counts > 0).sum()
    rare = np.flatnonzero((counts > 0) & (counts < RARE * equal))
    if not len(rare):
        return
    rare = rare[np.argsort(counts[rare], kind="stable")]
    shown = [
        f"{classes.name_of(number)!r} has {counts[number]:,}"
        f" ({100 * counts[number] / len(labels):.2g} %)"
        for number in rare[:MOST_PLACES]
    ]
    what = f"classes are imbalanced: of {len(labels):,} training examples"
    what = f"{what}, {listing(shown, len(rare))}"
    lowest = float(counts[rare[0]] / equal)
    rule, weighed = f">= {RARE}", setting != "none"
    yield Finding(
        "imbalance",
        what,
        "" if weighed else HINT,
        "training.class_weights",
        lowest,
        rule,
        "info" if weighed else "warning",
    )


def weightless(
    labels: np.ndarray, classes: Classes, weights: np.ndarray
) -> Iterator[Finding]:
    """Yield a finding for each class whose training examples all weigh 0.

    Args:
        labels: Labels of the training examples, of shape `(examples,)`.
        classes: The classes.
        weights: Weights of the same shape.
    """
    counts = np.bincount(labels, minlength=classes.num_classes)
    total = np.bincount(labels, weights, classes.num_classes)
    for number in np.flatnonzero((counts > 0) & (total == 0)).tolist():
        what = f"all training examples of class {classes.name_of(number)!r} weigh 0"
        hint = "give some a weight above 0, or nothing is learned of the class"
        yield Finding("weights", what, hint, "data.weight")
