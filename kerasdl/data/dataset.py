"""From raw arrays to the three splits a run needs."""

from dataclasses import dataclass

import numpy as np

from kerasdl.config import Config
from kerasdl.data.arrays import Arrays
from kerasdl.data.check import check
from kerasdl.data.preprocessing import Preprocessing, fit
from kerasdl.data.split import hold_out
from kerasdl.errors import DataError


@dataclass(frozen=True)
class Split:
    """Examples as the model takes them.

    Args:
        x: float32 of shape `(examples, …)`.
        y: int32 labels of shape `(examples,)`, or float32 targets `(examples, 1)`.
    """

    x: np.ndarray
    y: np.ndarray

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.x)


@dataclass(frozen=True)
class Dataset:
    """The splits of a run, and how they were made.

    Args:
        source: Where the data comes from.
        sha256: Digest of the arrays.
        preprocessing: Statistics of the training split.
        train: What is learned from.
        validation: What chooses the best epoch; may be empty.
        test: What is scored once, at the end.
    """

    source: str
    sha256: str
    preprocessing: Preprocessing
    train: Split
    validation: Split
    test: Split


def prepare(
    arrays: Arrays, config: Config, preprocessing: Preprocessing | None = None
) -> Dataset:
    """Check, split and standardise arrays.

    Args:
        arrays: What was found.
        config: Decides the task, the split and the standardisation.
        preprocessing: Statistics to use instead of those of the training split.

    Raises:
        DataError: If the arrays cannot be learned from.
    """
    data, seed, source = config.data, config.training.seed, arrays.source
    num_outputs = check(arrays, data)
    labels = arrays.y if data.task == "classification" else None
    if labels is not None and labels.min() == labels.max():
        what = f"every label in {source} is {labels[0]}"
        raise DataError(what, "give examples of at least two classes")
    rows, test_rows = np.arange(len(arrays.x)), np.arange(0)
    if arrays.x_test is None:
        rows, test_rows = hold_out(
            rows, labels, data.test_fraction, seed, "test", source
        )
    rows, validation_rows = hold_out(
        rows, labels, data.validation_fraction, seed, "validation", source
    )
    x, y = arrays.x[rows], arrays.y[rows]
    found = preprocessing or fit(x, y, data.task, num_outputs, data.standardize)

    def treat(x: np.ndarray, y: np.ndarray) -> Split:
        return Split(found.inputs(x, source), found.targets(y))

    if arrays.x_test is None or arrays.y_test is None:
        test = treat(arrays.x[test_rows], arrays.y[test_rows])
    else:
        test = treat(arrays.x_test, arrays.y_test)
    validation = treat(arrays.x[validation_rows], arrays.y[validation_rows])
    if data.task == "regression" and len(test) < 2:
        what = f"the test set of {source} has {len(test)} example, R² needs 2"
        raise DataError(what, "give more examples, or raise data.test_fraction")
    return Dataset(source, arrays.sha256(), found, treat(x, y), validation, test)
