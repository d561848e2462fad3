"""Data in NumPy: sources, checks, splits, preprocessing, order and batches."""

from typing import Any

from kerasdl.data.arrays import Arrays
from kerasdl.data.batches import Batches
from kerasdl.data.check import check
from kerasdl.data.dataset import AnyPreprocessing, Dataset, Split
from kerasdl.data.mixing import Mixing
from kerasdl.data.prepare import examples, prepare
from kerasdl.data.preprocessing import Preprocessing
from kerasdl.data.sources import (
    BUILTIN,
    KERAS_DATASETS,
    check_source,
    is_file,
    load,
    load_arrays,
)
from kerasdl.data.text_preprocessing import TextPreprocessing
from kerasdl.data.texts import Texts

__all__ = [
    "BUILTIN",
    "KERAS_DATASETS",
    "AnyPreprocessing",
    "Arrays",
    "Batches",
    "Dataset",
    "Mixing",
    "Preprocessing",
    "Split",
    "TextPreprocessing",
    "Texts",
    "check",
    "check_source",
    "examples",
    "is_file",
    "load",
    "load_arrays",
    "prepare",
    "preprocessing_from_json",
]


def preprocessing_from_json(values: dict[str, Any]) -> AnyPreprocessing:
    """Return what either kind's `to_json` gave.

    Raises:
        KeyError, TypeError, ValueError: If it is damaged.
    """
    of_text = "vocabulary" in values
    return (TextPreprocessing if of_text else Preprocessing).from_json(values)
