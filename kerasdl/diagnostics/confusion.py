"""Confusion matrices of bounded size."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import confusion_matrix

MAX_CLASSES = 50
"""Classes above which the commonest confusions replace the matrix."""
MAX_CONFUSIONS = 100


def confusion(
    labels: np.ndarray, predicted: np.ndarray, names: Sequence[str]
) -> dict[str, Any]:
    """Return how often each class was predicted for each, as JSON values.

    Args:
        labels: Classes, integers of shape `(examples,)`.
        predicted: Predicted classes, of the same shape.
        names: Name of each class.

    Returns:
        The `classes` and the `confusion_matrix`, whose rows are the true classes. With
        more than `MAX_CLASSES`, the `confusions` instead: the true class, the predicted
        one and the number of examples, the commonest first.
    """
    if len(names) <= MAX_CLASSES:
        matrix = confusion_matrix(labels, predicted, labels=range(len(names)))
        return {"classes": [*names], "confusion_matrix": matrix.tolist()}
    wrong = labels != predicted
    pairs, counts = np.unique(
        np.stack([labels[wrong], predicted[wrong]]), axis=1, return_counts=True
    )
    order = np.argsort(-counts, kind="stable")[:MAX_CONFUSIONS]
    return {
        "confusions": [
            [names[pairs[0, n]], names[pairs[1, n]], int(counts[n])] for n in order
        ]
    }
