"""From raw arrays to splits."""

from dataclasses import replace

import numpy as np

from kerasdl.config import Config
from kerasdl.data.arrays import Arrays
from kerasdl.data.check import check
from kerasdl.data.dataset import Dataset, Split
from kerasdl.data.preprocessing import Preprocessing, fit
from kerasdl.data.split import hold_out
from kerasdl.errors import DataError


def prepare_arrays(
    arrays: Arrays, config: Config, preprocessing: Preprocessing | None
) -> Dataset:
    """Check, split and standardise arrays; see `prepare`.

    Raises:
        DataError: If they cannot be learned from.
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
    every, *own_test = (_treat(part, found, source) for part in arrays.parts())
    train, validation, held_out = (
        _take(every, part) for part in (rows, validation_rows, test_rows)
    )
    test = own_test[0] if own_test else held_out
    if data.task in ("regression", "reconstruction") and len(test) < 2:
        what = f"the test set of {source} has {len(test)} example, R² needs 2"
        raise DataError(what, "give more examples, or raise data.test_fraction")
    return Dataset(source, arrays.sha256(), found, train, validation, test)


def array_examples(arrays: Arrays, config: Config, found: Preprocessing) -> Split:
    """Return arrays as a model takes them; see `examples`.

    Raises:
        DataError: If they do not suit the model.
    """
    classes = found.num_outputs if found.task == "classification" else None
    check(arrays, replace(config.data, num_classes=classes or "auto"))
    return _treat(arrays.parts()[-1], found, arrays.source)


def _treat(
    part: tuple[str, np.ndarray, np.ndarray], found: Preprocessing, source: str
) -> Split:
    suffix, x, y = part
    inputs = found.inputs(x, source, f"x{suffix}")
    if found.task == "reconstruction":
        return Split(inputs, inputs)
    return Split(inputs, found.targets(y, source, f"y{suffix}"))


def _take(split: Split, rows: np.ndarray) -> Split:
    x = split.x[rows]
    return Split(x, x if split.y is split.x else split.y[rows])
