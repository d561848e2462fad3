"""Weights of classes in the training loss."""

from collections.abc import Mapping
from typing import Literal

import numpy as np

from kerasdl.data.table.table import MOST_PLACES, listing
from kerasdl.errors import DataError
from kerasdl.tasks.classes import Classes

ClassWeights = Literal["none", "balanced"] | Mapping[str, float]
"""Value of `training.class_weights`."""


def class_weights(
    setting: ClassWeights, labels: np.ndarray, classes: Classes, weights: np.ndarray
) -> np.ndarray:
    """Return the weight of each class, float64 of shape `(num_classes,)`.

    `"balanced"` weighs a class n / (k n_c): n examples, k classes that have some, and n_c
    examples of the class, as scikit-learn's `compute_class_weight`. Examples count by
    their weights. A class without examples weighs 0.

    Args:
        setting: The value of `training.class_weights`.
        labels: Labels of the training examples, of shape `(examples,)`.
        classes: The classes.
        weights: Weights of the training examples, float64 of shape `(examples,)`.

    Raises:
        DataError: If a table of weights lacks a class, or names an unknown one.
    """
    if setting == "none":
        return np.ones(classes.num_classes)
    if setting == "balanced":
        counts = np.bincount(labels, weights, classes.num_classes)
        present = counts > 0
        shares = present.sum() * counts / counts.sum()
        return np.divide(1, shares, out=np.zeros(len(counts)), where=present)
    return _of_table(setting, classes)


def _of_table(table: Mapping[str, float], classes: Classes) -> np.ndarray:
    """Return the weights that a table gives; raise `DataError` if its names differ."""
    names = classes.all_names
    lacking = [name for name in names if name not in table]
    unknown = [name for name in table if name not in {*names}]
    faults = [
        f"{verb} {listing([*map(repr, wrong[:MOST_PLACES])], len(wrong))}"
        for verb, wrong in (("lacks", lacking), ("names the unknown", unknown))
        if wrong
    ]
    if faults:
        known = listing([*map(repr, names[:MOST_PLACES])], len(names))
        what = f"training.class_weights {' and '.join(faults)}"
        raise DataError(what, f"give each class a weight: {known}")
    return np.array([table[name] for name in names], "float64")
