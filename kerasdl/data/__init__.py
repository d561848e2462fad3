"""Data in NumPy: sources, checks, splits, standardisation, order and batches."""

from pathlib import Path

from kerasdl.config.check import suggestion
from kerasdl.data.arrays import Arrays
from kerasdl.data.batches import Batches
from kerasdl.data.check import check
from kerasdl.data.dataset import Dataset, Split, prepare
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
    "load_arrays",
    "prepare",
]

BUILTIN = ("digits", "iris", "wine", "breast-cancer", "diabetes")
"""Sets that come with scikit-learn."""

KERAS_DATASETS = ("mnist", "fashion-mnist", "cifar10", "cifar100")
"""Sets that `keras.datasets` downloads on first use; loaded where Keras may be."""


def load_arrays(name: str) -> Arrays:
    """Return the arrays of a built-in set or an `.npz` file.

    Raises:
        DataError: If there is no such set or file.
    """
    if name in BUILTIN:
        from kerasdl.data.builtin import load_builtin  # scikit-learn takes a second

        return load_builtin(name)
    if name.endswith(".npz"):
        from kerasdl.data.npz import load_npz

        return load_npz(Path(name))
    known = (*BUILTIN, *KERAS_DATASETS)
    mend = f"{suggestion(name, known)} or give the path of an .npz file"
    raise DataError(f"unknown data set {name!r}", mend)
