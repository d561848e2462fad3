"""NumPy data: kinds, splits, examples, shuffling and batches."""

from kerasdl.data.arrays import Arrays
from kerasdl.data.batches import Batches
from kerasdl.data.dataset import Dataset, Encoding
from kerasdl.data.examples import ArrayExamples, Examples
from kerasdl.data.mixing import Mixing
from kerasdl.data.texts import Texts

__all__ = [
    "ArrayExamples",
    "Arrays",
    "Batches",
    "Dataset",
    "Encoding",
    "Examples",
    "Mixing",
    "Texts",
]
