"""Scores of predictions, mostly by scikit-learn; each that is undefined is left out."""

import numpy as np
from sklearn import metrics

BINS = 15
"""Bins of the calibration error, as in Guo et al. 2017."""
MAX_RANKED = 5_000_000
"""Limit of examples × classes for scores that rank; more would take too long."""
RANKED = ("roc_auc", "average_precision")
"""Scores that need an example of each class."""
OF_POSITIVES = ("f1",)
"""Scores of two classes that need an example of the second one."""


def classification_scores(
    labels: np.ndarray, probabilities: np.ndarray
) -> dict[str, float]:
    """Return the scores of a classifier that are defined.

    Of two classes, the second one is positive, as `pos_label=1` in scikit-learn. Of
    several, F1 is the macro average over the classes that occur, and ROC-AUC and the
    average precision are macro averages of one class against the rest.

    Args:
        labels: Integers of shape `(examples,)`.
        probabilities: Floats of shape `(examples, classes)` with sums of 1.
    """
    predicted, count = probabilities.argmax(-1), probabilities.shape[-1]
    binary = count == 2
    truth, ranked = labels, probabilities[:, -1]
    if not binary:
        truth, ranked = np.eye(count, dtype="int8")[labels], probabilities
    undefined = undefined_for_classes(labels, count)
    scores = {"accuracy": float((labels == predicted).mean())}
    if "roc_auc" not in undefined:
        scores["roc_auc"] = metrics.roc_auc_score(truth, ranked)
        scores["average_precision"] = metrics.average_precision_score(truth, ranked)
    _, recall, f1, examples = metrics.precision_recall_fscore_support(
        labels, predicted, labels=range(count), zero_division=0
    )
    scores["balanced_accuracy"] = recall[examples > 0].mean()
    if "f1" not in undefined:
        occur = (examples > 0) | (np.bincount(predicted, minlength=count) > 0)
        scores["f1"] = f1[1] if binary else f1[occur].mean()
    scores["log_loss"] = metrics.log_loss(labels, probabilities, labels=range(count))
    scores["calibration_error"] = calibration_error(labels, probabilities)
    return {name: float(value) for name, value in scores.items()}


def undefined_for_classes(labels: np.ndarray, count: int) -> dict[str, list[int]]:
    """Return the scores that labels leave undefined, each with the classes it lacks.

    The list is empty where there are more than `MAX_RANKED` probabilities.
    """
    missing = np.flatnonzero(np.bincount(labels, minlength=count) == 0).tolist()
    undefined: dict[str, list[int]] = {}
    if missing or count < 2 or len(labels) * count > MAX_RANKED:
        undefined = dict.fromkeys(RANKED, missing)
    if count == 2 and 1 in missing:
        undefined |= dict.fromkeys(OF_POSITIVES, missing)
    return undefined


def calibration_error(
    labels: np.ndarray, probabilities: np.ndarray, bins: int = BINS
) -> float:
    """Return the expected calibration error, in [0, 1].

    It is the mean difference between confidence and accuracy over bins of equal width,
    weighted by the examples in each. The confidence is the largest probability. Guo et
    al. 2017, https://arxiv.org/abs/1706.04599, equation 3.

    Args:
        labels: Integers of shape `(examples,)`.
        probabilities: Floats of shape `(examples, classes)`.
        bins: Number of bins; each holds its upper edge.
    """
    _, confidence, correct = confidence_bins(labels, probabilities, bins)
    return float(np.abs(confidence - correct).sum() / len(labels))


def confidence_bins(
    labels: np.ndarray, probabilities: np.ndarray, bins: int = BINS
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return counts and sums over bins of confidence, the largest probability.

    Args:
        labels: Integers of shape `(examples,)`.
        probabilities: Floats of shape `(examples, classes)`.
        bins: Number of bins of equal width; each holds its upper edge.

    Returns:
        The number of examples, the sum of their confidence, and the number of those
        that are right, each of shape `(bins,)`.
    """
    confidence = probabilities.max(-1)
    correct = probabilities.argmax(-1) == labels
    numbers = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    counts = np.bincount(numbers, minlength=bins)
    confidences = np.bincount(numbers, confidence, bins)
    return counts, confidences, np.bincount(numbers, correct, bins)


def regression_scores(y: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Return the scores of numbers that are defined.

    Of several targets, each score is the mean of those of each.

    Args:
        y: Floats of shape `(examples,)` or `(examples, targets)`.
        predicted: Floats of the same shape.
    """
    columns = y.reshape(len(y), -1).T
    undefined = {name for each in columns for name in undefined_for_numbers(each)}
    scores = {
        "r2_score": metrics.r2_score,
        "mean_absolute_error": metrics.mean_absolute_error,
        "root_mean_squared_error": metrics.root_mean_squared_error,
        "mean_absolute_percentage_error": metrics.mean_absolute_percentage_error,
    }
    return {
        name: float(score(y, predicted))
        for name, score in scores.items()
        if name not in undefined
    }


def undefined_for_numbers(y: np.ndarray) -> dict[str, str]:
    """Return the scores that targets leave undefined, each with the reason.

    R² needs two examples that differ. A percentage of a target of 0 has no value, so
    such a target leaves out the mean absolute percentage error, where scikit-learn
    divides by 2e-16.

    Args:
        y: Floats of shape `(examples,)`.
    """
    undefined = undefined_r2(y)
    if zeros := int((y == 0).sum()):
        reason = "a target is 0" if zeros == 1 else f"{zeros:,} targets are 0"
        undefined["mean_absolute_percentage_error"] = reason
    return undefined


def undefined_r2(y: np.ndarray) -> dict[str, str]:
    """Return why R² is undefined for targets of shape `(examples, …)`, if it is."""
    if len(y) < 2:
        return {"r2_score": "it needs two examples"}
    if (y == y[0]).all():
        return {"r2_score": "all targets are equal"}
    return {}


def reconstruction_scores(x: np.ndarray, rebuilt: np.ndarray) -> dict[str, float]:
    """Return the variance-weighted R², where it is defined, and the mean squared error.

    Args:
        x: Inputs of shape `(examples, …)`.
        rebuilt: Reconstructions of the same size.
    """
    x, rebuilt = x.reshape(len(x), -1), rebuilt.reshape(len(x), -1)
    scores = {}
    if not undefined_r2(x):
        explained = metrics.r2_score(x, rebuilt, multioutput="variance_weighted")
        scores["r2_score"] = float(explained)
    return scores | {
        "mean_squared_error": float(metrics.mean_squared_error(x, rebuilt))
    }
