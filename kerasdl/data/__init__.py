"""Data in NumPy: sources, checks, splits, standardisation, order and batches."""

from pathlib import Path

from kerasdl.config.check import suggestion
from kerasdl.data.arrays import Arrays
from kerasdl.data.batches import Batches
from kerasdl.data.builtin import load_builtin
from kerasdl.data.check import check
from kerasdl.data.dataset import Dataset, Split, prepare
from kerasdl.data.npz import load_npz
from kerasdl.data.preprocessing import Preprocessing
from kerasdl.errors import DataError

__all__ = [
    "BUILTIN",
    "KERAS_DATASETS",
    "Arrays",
    "Batches",
    "Dataset",
    "Preprocessing",
    "Split",
    "check",
    "check_source",
    "load_arrays",
    "prepare",
]

BUILTIN = {
    "digits": "classification",
    "iris": "classification",
    "wine": "classification",
    "breast-cancer": "classification",
    "diabetes": "regression",
}
"""Sets that come with scikit-learn, with their task."""

KERAS_DATASETS = ("mnist", "fashion-mnist", "cifar10", "cifar100")
"""Sets that `keras.datasets` downloads on first use; loaded where Keras may be. All
are for classification."""


def check_source(name: str, task: str) -> None:
    """Check what can be known of a source before anything heavy is loaded.

    Raises:
        DataError: If there is no such set or file, or it is for another task.
    """
    if name.endswith(".npz"):
        if not Path(name).is_file():
            raise DataError(f"no file at {name}", "give the path of an .npz file")
        return
    known = BUILTIN | dict.fromkeys(KERAS_DATASETS, "classification")
    if name not in known:
        mend = f"{suggestion(name, known)} or give the path of an .npz file"
        raise DataError(f"unknown data set {name!r}", mend)
    if known[name] != task:
        what = f"{name} is a {known[name]} set, data.task is {task!r}"
        raise DataError(what, f"use a {known[name]} preset, or other data")


def load_arrays(name: str) -> Arrays:
    """Return the arrays of a built-in set or an `.npz` file that `check_source` knows."""
    return load_builtin(name) if name in BUILTIN else load_npz(Path(name))
