"""From what was found to what a model takes."""

from kerasdl.config import Config
from kerasdl.data.arrays import Arrays
from kerasdl.data.dataset import AnyPreprocessing, Dataset, Split
from kerasdl.data.prepare_arrays import array_examples, prepare_arrays
from kerasdl.data.prepare_texts import prepare_texts, text_examples
from kerasdl.data.preprocessing import Preprocessing
from kerasdl.data.text_preprocessing import TextPreprocessing
from kerasdl.data.texts import Texts
from kerasdl.errors import DataError


def prepare(
    found: Arrays | Texts,
    config: Config,
    preprocessing: AnyPreprocessing | None = None,
) -> Dataset:
    """Check, split and treat data.

    Args:
        found: What was found.
        config: Decides the task, the split and the treatment.
        preprocessing: To be used instead of what the training split teaches.

    Raises:
        DataError: If the data cannot be learned from.
    """
    match found, preprocessing:
        case Arrays(), Preprocessing() | None:
            return prepare_arrays(found, config, preprocessing)
        case Texts(), TextPreprocessing() | None:
            return prepare_texts(found, config, preprocessing)
    raise _of_another_kind(found)


def examples(
    found: Arrays | Texts, config: Config, preprocessing: AnyPreprocessing
) -> Split:
    """Return new data as a model takes it: its own test set, or else all of it.

    Raises:
        DataError: If it does not suit the model.
    """
    match found, preprocessing:
        case Arrays(), Preprocessing():
            return array_examples(found, config, preprocessing)
        case Texts(), TextPreprocessing():
            return text_examples(found, preprocessing)
    raise _of_another_kind(found)


def _of_another_kind(found: Arrays | Texts) -> DataError:
    kind, other = "numbers", "texts"
    if isinstance(found, Texts):
        kind, other = other, kind
    return DataError(f"{found.source} holds {kind}", f"the model takes {other}")
