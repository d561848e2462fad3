"""Split texts for language modelling: each part becomes one document."""

from collections.abc import Sequence

import numpy as np

from kerasdl.data.kinds.folder_parts import folder_parts
from kerasdl.data.kinds.kind import Kind
from kerasdl.data.parts import Parts
from kerasdl.data.preprocessing import Part
from kerasdl.data.split import hold_out_documents
from kerasdl.data.texts import Texts

NAMES = "training", "validation", "test"


def document_parts(kind: Kind, raw: Texts, seed: int) -> Parts:
    """Return the training, validation and test text.

    They are contiguous parts of a single document, or whole documents of several, as
    their folders say or at random.

    Args:
        kind: The `[data]` table, which has the fractions.
        raw: The texts.
        seed: Seed of the random split.

    Raises:
        DataError: As `folder_parts`.
    """
    own = None if raw.test is None else Part(raw.test, np.arange(len(raw.test)))
    test_fraction = 0.0 if own else kind.test_fraction
    if raw.part:
        split = folder_parts(kind, raw, None, own, seed)
        pieces = [joined([p.raw.texts[row] for row in p.rows]) for p in split[:3]]
        how = split.how
    elif len(raw.texts) == 1:
        [text] = raw.texts
        test_start = len(text) - round(test_fraction * len(text))
        train_end = test_start - round(kind.validation_fraction * test_start)
        pieces = [text[:train_end], text[train_end:test_start], text[test_start:]]
        how = "in the order of the text"
    else:
        sizes = np.array([len(text) for text in raw.texts])
        rows = np.arange(len(sizes))
        rows, test = hold_out_documents(rows, sizes, test_fraction, seed, "test")
        train, validation = hold_out_documents(
            rows, sizes, kind.validation_fraction, seed, "validation"
        )
        texts = np.array(raw.texts, object)
        pieces = [joined(texts[part]) for part in (train, validation, test)]
        how = f"whole texts at random from seed {seed}"
    train, validation, test = (
        Part(Texts(f"the {name} part of {raw.source}", (text,)), np.arange(1))
        for name, text in zip(NAMES, pieces, strict=True)
    )
    if raw.test is not None:
        test = Part(joined_document(raw.test), np.arange(1))
        how += "" if raw.part else ", with the test set of the data"
    return Parts(train, validation, test, how)


def joined_document(raw: Texts) -> Texts:
    """Return all texts as one document."""
    return Texts(raw.source, (joined(raw.texts),))


def joined(texts: Sequence[str] | np.ndarray) -> str:
    """Return several texts as one, each on lines of its own; one text as it is."""
    if len(texts) < 2:
        return "".join(texts)
    return "".join(text if text.endswith("\n") else f"{text}\n" for text in texts)
