"""From raw texts to splits."""

import numpy as np

from kerasdl.config import Config
from kerasdl.data.dataset import Dataset, Split
from kerasdl.data.split import hold_out, hold_out_documents
from kerasdl.data.text_preprocessing import TextPreprocessing, fit_texts
from kerasdl.data.texts import Texts
from kerasdl.errors import DataError


def prepare_texts(
    found: Texts, config: Config, preprocessing: TextPreprocessing | None
) -> Dataset:
    """Split texts and turn them into token ids; see `prepare`.

    Raises:
        DataError: If there are too few to split, or they do not suit the config.
    """
    if config.data.task == "classification":
        return _classified(found, config, preprocessing)
    return _modelled(found, config, preprocessing)


def text_examples(found: Texts, preprocessing: TextPreprocessing) -> Split:
    """Return texts as a model takes them; see `examples`.

    Raises:
        DataError: If they are shorter than a window, or of a class that is not known.
    """
    if preprocessing.task == "classification":
        return _labelled(found, range(len(found.texts)), preprocessing)
    text, length = "".join(found.texts), preprocessing.max_length
    _check_length(text, length, found.source)
    return Split(*preprocessing.windows(text, length), (text,))


def _classified(
    found: Texts, config: Config, preprocessing: TextPreprocessing | None
) -> Dataset:
    data, seed, source = config.data, config.training.seed, found.source
    labels, classes = np.array(found.labels), sorted(set(found.labels))
    if data.num_classes not in ("auto", len(classes)):
        what = f"{source} has {len(classes)} classes, not {data.num_classes}"
        raise DataError(what, "remove data.num_classes")
    rows = np.arange(len(labels))
    rows, test = hold_out(rows, labels, data.test_fraction, seed, "test", source)
    train, validation = hold_out(
        rows, labels, data.validation_fraction, seed, "validation", source
    )
    texts = [found.texts[row] for row in train]
    preprocessing = preprocessing or fit_texts(texts, data, classes)
    splits = (
        _labelled(found, rows, preprocessing) for rows in (train, validation, test)
    )
    return Dataset(source, found.sha256(), preprocessing, *splits)


def _labelled(
    found: Texts, rows: np.ndarray | range, preprocessing: TextPreprocessing
) -> Split:
    texts = tuple(found.texts[row] for row in rows)
    labels = [found.labels[row] for row in rows]
    targets = preprocessing.targets(labels, found.source)
    return Split(preprocessing.inputs(texts), targets, texts)


def _modelled(
    found: Texts, config: Config, preprocessing: TextPreprocessing | None
) -> Dataset:
    """Return windows; held-out ones do not overlap, so none is predicted twice."""
    data, length = config.data, config.data.max_length
    train, validation, test = _cut(found, config)
    _check_length(train, length, f"the training part of {found.source}")
    if data.validation_fraction > 0:
        _check_length(validation, length, f"the validation part of {found.source}")
    _check_length(test, length, f"the test part of {found.source}")
    preprocessing = preprocessing or fit_texts([train], data)
    stride = length if data.stride == "auto" else data.stride
    return Dataset(
        found.source,
        found.sha256(),
        preprocessing,
        Split(*preprocessing.windows(train, stride), (train,)),
        Split(*preprocessing.windows(validation, length), (validation,)),
        Split(*preprocessing.windows(test, length), (test,)),
    )


def _cut(found: Texts, config: Config) -> tuple[str, str, str]:
    """Return the text to train on, to validate on and to test on."""
    data, seed = config.data, config.training.seed
    if len(found.texts) == 1:
        [text] = found.texts
        kept = len(text) - round(data.test_fraction * len(text))
        learned = kept - round(data.validation_fraction * kept)
        return text[:learned], text[learned:kept], text[kept:]
    sizes = np.array([len(text) for text in found.texts])
    rows = np.arange(len(sizes))
    rows, test = hold_out_documents(rows, sizes, data.test_fraction, seed, "test")
    train, validation = hold_out_documents(
        rows, sizes, data.validation_fraction, seed, "validation"
    )
    texts = np.array(found.texts, object)
    return "".join(texts[train]), "".join(texts[validation]), "".join(texts[test])


def _check_length(text: str, length: int, part: str) -> None:
    if len(text) <= length:
        what = f"{part} has {len(text)} characters, a window of {length} needs one more"
        raise DataError(what, "give more text, or lower data.max_length")
