"""Scores of labels, each of two values, by scikit-learn; macro averages over labels."""

import numpy as np
from sklearn import metrics

from kerasdl.diagnostics.scores import MAX_RANKED, RANKED, calibration_error

OF_BOTH = ("average_precision", "roc_auc", "f1")
"""Scores that need a label with examples of both values, and leave out the others."""


def label_scores(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """Return the scores of labels that are defined.

    Args:
        labels: 0 or 1, of shape `(examples, labels)`.
        probabilities: Floats of the same shape.
    """
    undefined, both = undefined_for_labels(labels), has_both(labels)
    right = (probabilities > 0.5) == (labels > 0)
    ranks = not {*RANKED} & undefined.keys()
    of_each = [
        scores_of_label(y, p, ranks)
        for y, p in zip(labels[:, both].T, probabilities[:, both].T, strict=True)
    ]
    scores = {
        name: np.mean([each[name] for each in of_each])
        for name in OF_BOTH
        if name not in undefined
    }
    scores["subset_accuracy"] = right.all(-1).mean()
    scores["binary_accuracy"] = right.mean()
    pairs = [*zip(labels.T, probabilities.T, strict=True)]
    losses = [metrics.log_loss(y, p, labels=(0, 1)) for y, p in pairs]
    scores["log_loss"] = np.mean(losses)
    errors = [
        calibration_error(y.astype(int), np.stack([1 - p, p], -1)) for y, p in pairs
    ]
    scores["calibration_error"] = np.mean(errors)
    return {name: float(value) for name, value in scores.items()}


def scores_of_label(
    labels: np.ndarray, probabilities: np.ndarray, ranks: bool = True
) -> dict[str, float]:
    """Return the scores of one label; none of those it leaves undefined.

    Args:
        labels: 0 or 1, of shape `(examples,)`.
        probabilities: Floats of the same shape.
        ranks: Whether to compute scores that rank.
    """
    predicted = probabilities > 0.5
    scores = {"accuracy": float((predicted == (labels > 0)).mean())}
    if not has_both(labels[:, None])[0]:
        return scores
    scores["f1"] = float(metrics.f1_score(labels, predicted, zero_division=0))
    if ranks:
        ranked = labels, probabilities
        scores["roc_auc"] = float(metrics.roc_auc_score(*ranked))
        scores["average_precision"] = float(metrics.average_precision_score(*ranked))
    return scores


def has_both(labels: np.ndarray) -> np.ndarray:
    """Return which labels have examples of both values, of shape `(labels,)`."""
    return (labels.min(0) == 0) & (labels.max(0) == 1)


def undefined_for_labels(labels: np.ndarray) -> dict[str, str]:
    """Return the scores that labels leave undefined, each with the reason.

    Args:
        labels: 0 or 1, of shape `(examples, labels)`.
    """
    if not has_both(labels).any():
        return dict.fromkeys(OF_BOTH, "no label has both values")
    if labels.size > MAX_RANKED:
        reason = f"there are more than {MAX_RANKED:,} probabilities"
        return dict.fromkeys(RANKED, reason)
    return {}


def average_precision_of_resamples(
    labels: np.ndarray, probabilities: np.ndarray, counts: np.ndarray
) -> np.ndarray:
    """Return the macro average precision of resamples.

    A resample leaves out labels of which it has one value only; it is NaN without any.

    Args:
        labels: 0 or 1, of shape `(examples, labels)`.
        probabilities: Floats of the same shape.
        counts: From `kerasdl.diagnostics.bootstrap.resamples`.
    """
    total, used = np.zeros(len(counts)), np.zeros(len(counts))
    for y, p in zip(labels.T, probabilities.T, strict=True):
        found = _average_precision(y, p, counts)
        is_used = np.isfinite(found)
        total[is_used] += found[is_used]
        used += is_used
    with np.errstate(invalid="ignore"):
        return total / used


def _average_precision(
    labels: np.ndarray, probabilities: np.ndarray, counts: np.ndarray
) -> np.ndarray:
    """Return the average precision of one label, NaN where it has one value only."""
    order = np.argsort(-probabilities, kind="stable")
    last = np.append(np.diff(probabilities[order]) != 0, True)  # of equal ones
    counts = counts[:, order]
    hits = np.cumsum(counts * labels[order], axis=1)[:, last]
    taken = np.cumsum(counts, axis=1)[:, last]
    gained = np.diff(hits, axis=1, prepend=0)
    area = np.divide(gained * hits, taken, where=taken > 0, out=np.zeros_like(hits))
    positives, all_counts = hits[:, -1], taken[:, -1]
    with np.errstate(invalid="ignore"):
        found = area.sum(1) / positives
    return np.where((positives > 0) & (positives < all_counts), found, np.nan)
