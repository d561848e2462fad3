"""Figures of a classifier: each class, confusions, ranking and calibration."""

from collections.abc import Sequence

import numpy as np

from kerasdl.diagnostics.confusion import confusion
from kerasdl.diagnostics.ranking_figures import ranking, recall_curves, roc_curves
from kerasdl.diagnostics.reliability import reliability
from kerasdl.diagnostics.score_table import score_table
from kerasdl.diagnostics.scores import MAX_RANKED
from kerasdl.diagnostics.temperature import calibration_table
from kerasdl.figures import Figure, Matrix, Table


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
    predicted = probabilities.argmax(-1)
    figures: list[Figure] = [by_class(labels, predicted, names)]
    counts = confusion(labels, predicted, names).get("confusion_matrix")
    if counts is not None:
        axes = "true class", "predicted class"
        figures.append(Matrix("Confusion matrix", *axes, [*names], counts))
    if probabilities.size <= MAX_RANKED:
        figures += rankings(labels, probabilities, names)
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
    hits, given, support = (
        np.bincount(each, minlength=len(names))
        for each in (labels[labels == predicted], predicted, labels)
    )
    what = "Classes", "class", "examples"
    return score_table(what, names, hits, given, support)


def rankings(
    labels: np.ndarray, probabilities: np.ndarray, names: Sequence[str]
) -> list[Figure]:
    """Return the ROC and precision–recall curves of the classes that rank worst.

    Of two classes, the curve is that of the second one.

    Args:
        labels: Classes, integers of shape `(examples,)`.
        probabilities: Floats of shape `(examples, classes)` with sums of 1.
        names: Name of each class.
    """
    of_second = slice(1, None) if len(names) == 2 else slice(None)
    truth = labels[:, None] == np.arange(len(names))
    columns = truth[:, of_second], probabilities[:, of_second], names[of_second]
    if not (ranked := ranking(*columns)):
        return []
    return [roc_curves(ranked, "classes"), recall_curves(ranked, "classes")]
