"""Gradient-boosted trees as a baseline."""

from typing import Any

import numpy as np

from kerasdl.data import Examples

MAX_EXAMPLES = 100_000
"""Training examples of boosted trees; more would take too long."""
MIN_EXAMPLES = 1000
"""Trees that could see only fewer of more training examples are not worth it."""
MAX_NUMBERS = 5_000_000
"""Limit of examples × features × ensembles; more takes more than some seconds."""


def rows_for_trees(train: Examples, ensembles: int) -> np.ndarray | None:
    """Return the training rows that boosted trees learn from, a random sample of many.

    Args:
        train: Training examples.
        ensembles: How many are trained: one for each number, for two classes, and for
            each of several classes.

    Returns:
        Row numbers, ascending. None where trees make no sense or take too long: for
        inputs with more axes, such as images, for token ids, and for inputs of many
        features.
    """
    first = np.asarray(train.take(np.arange(1))[0])
    if first.ndim != 2 or first.dtype.kind != "f":
        return None
    most = min(MAX_EXAMPLES, MAX_NUMBERS // (first.shape[1] * ensembles))
    if len(train) <= most:
        return np.arange(len(train))
    if most < MIN_EXAMPLES:
        return None
    drawn = np.random.default_rng(0).choice(len(train), most, replace=False)
    return np.sort(drawn)


def boosted_trees(y: np.ndarray) -> Any:
    """Return scikit-learn's histogram gradient boosting, with its default settings.

    Args:
        y: The training targets: integers for classes, floats for numbers; of shape
            `(examples,)`, or for several numbers `(examples, targets)`.
    """
    from sklearn.ensemble import (
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
    )
    from sklearn.multioutput import MultiOutputRegressor

    if y.dtype.kind == "f":
        trees = HistGradientBoostingRegressor(random_state=0)
        return trees if y.ndim == 1 else MultiOutputRegressor(trees)
    # Early stopping holds out examples of each class, so it needs two.
    rare = np.unique(y, return_counts=True)[1].min() < 2
    return HistGradientBoostingClassifier(
        random_state=0, early_stopping=False if rare else "auto"
    )
