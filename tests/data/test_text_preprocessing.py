from dataclasses import replace

import numpy as np
import pytest

from kerasdl import tasks
from kerasdl.data import Encoding, Examples, Texts, examples
from kerasdl.data.kinds.text import TextKind
from kerasdl.data.preprocessing import Part
from kerasdl.data.text_preprocessing import TextPreprocessing
from kerasdl.data.token_windows import DocumentWindows
from kerasdl.errors import DataError
from kerasdl.tasks.language_modelling import NextTokens
from tests.data.helpers import reread

WORDS = TextKind(tokens="words", max_length=5)
MODELLING = TextKind(task="language-modelling", max_length=3)


def fit(texts: list[str], kind: TextKind) -> TextPreprocessing:
    return kind.fit(Part(Texts("mine", tuple(texts)), np.arange(len(texts))))


def encoding(texts: list[str], kind: TextKind, labels: str = "") -> Encoding:
    raw = Texts("mine", tuple(texts), tuple(labels))
    preprocessing, task = fit(texts, kind), tasks.find(kind.task)
    rows, signature = np.arange(len(texts)), preprocessing.signature
    targets = task.fit(raw.targets, rows, signature, kind.num_classes, "mine")
    return Encoding(kind.kind, task.name, preprocessing, targets)


def test_words_become_ids_after_the_first_and_before_padding():
    fitted = encoding(["red red blue", "green"], WORDS, "ab")
    preprocessing = fitted.preprocessing
    assert preprocessing.vocabulary == ("red", "blue", "green")
    x = preprocessing.padded(["Blue pink red", "", "red red red red green blue"])
    assert x.dtype == "int32"
    assert x.tolist() == [[2, 4, 1, 3], [2, 0, 0, 0], [2, 3, 3, 3]]
    [only] = preprocessing.signature.values()
    assert (only.vocabulary_size, fitted.targets.num_outputs) == (6, 2)
    assert (fitted.input_shape, fitted.output_shape) == ((4,), (2,))


def test_characters_can_be_classified_too():
    assert fit(["aab"], TextKind(max_length=4)).padded(["ba?"]).tolist() == [
        [2, 4, 3, 1]
    ]


def test_what_an_unknown_character_costs():
    fitted = encoding(["aab"], MODELLING)
    ids = fitted.preprocessing.document("ab?a", "mine").ids
    assert ids.tolist() == [1, 2, 0, 1]
    bits = fitted.targets.bits_of_unknown
    assert bits(ids) == pytest.approx(np.log2(0x110000 - 2) / 4)
    assert bits(fitted.preprocessing.document("ab", "mine").ids) == 0


@pytest.mark.parametrize(("size", "vocabulary"), [(4, "a"), (5, "ab"), (9, "abc")])
def test_the_vocabulary_has_a_size_at_most(size: int, vocabulary: str):
    fitted = fit(["aaabbc"], TextKind(vocabulary_size=size, max_length=4))
    assert fitted.vocabulary == tuple(vocabulary)
    assert fitted.vocabulary_size <= size


def test_targets_go_by_the_names_of_classes():
    targets = encoding(["x", "y", "z"], WORDS, "abc").targets
    labels = np.array(["c", "a", "d"], object)
    assert targets.encode(labels, np.arange(2), "mine").tolist() == [2, 0]
    with pytest.raises(
        DataError, match=r"y is 'd' at row 2 in mine, .* — it knows a, b and c"
    ):
        targets.encode(labels, np.arange(3), "mine")


def windows(preprocessing: TextPreprocessing, text: str, stride: int) -> Examples:
    """Return the training windows of a text."""
    part = Part(Texts("mine", (text,)), np.arange(1))
    ids = preprocessing.document(text, "mine").ids
    if len(ids) <= preprocessing.max_length:
        ends = np.arange(len(ids) + 1)
        length = preprocessing.max_length
        return DocumentWindows(ids, length, stride, text, ends, zero_is_unknown=True)
    targets = NextTokens(preprocessing.vocabulary_size)
    return replace(preprocessing, stride=stride).examples(part, targets, learning=True)


def test_windows_that_would_fill_the_memory_are_cut_as_they_are_taken(
    monkeypatch: pytest.MonkeyPatch,
):
    fitted = encoding(["abcabc"], MODELLING).preprocessing
    whole = windows(fitted, "abcabcab" * 9, 1)
    x, y = whole.arrays()
    monkeypatch.setattr(examples, "RESIDENT_BYTES", 100)
    assert whole.resident() is None
    assert whole.targets() is None
    assert whole.takes_long
    rows = np.array([60, 0, 7])
    for one, other in zip(whole.take(rows), (x[rows], y[rows]), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_next_character_of_every_window():
    fitted = encoding(["abcabc"], MODELLING)
    preprocessing = fitted.preprocessing
    assert preprocessing.document("cab?", "mine").ids.tolist() == [3, 1, 2, 0]
    x, y = windows(preprocessing, "abcabcab", 3).arrays()
    assert x.tolist() == [[1, 2, 3], [1, 2, 3]]
    assert y.tolist() == [[2, 3, 1], [2, 3, 1]]
    x, y = windows(preprocessing, "abcab", 1).arrays()
    assert x.tolist() == [[1, 2, 3], [2, 3, 1]]
    assert y.tolist() == [[2, 3, 1], [3, 1, 2]]
    assert x.flags.writeable  # PyTorch warns of others
    assert len(windows(preprocessing, "abc", 1)) == 0
    assert [len(part) for part in windows(preprocessing, "abc", 1).arrays()] == [0, 0]
    assert (preprocessing.vocabulary_size, fitted.targets.num_outputs) == (4, 4)
    assert (fitted.input_shape, fitted.output_shape) == ((3,), (3, 4))


def test_every_character_is_predicted_once():
    text = "".join(map(chr, range(200, 400)))
    fitted = fit([text], TextKind(task="language-modelling", max_length=7))
    x, y = windows(fitted, text, 7).arrays()
    assert np.array_equal(y.ravel(), fitted.document(text, "mine").ids[1 : y.size + 1])
    assert np.array_equal(x.ravel(), fitted.document(text, "mine").ids[: y.size])
    assert len(text) - 1 - y.size < 7


@pytest.mark.parametrize(
    "fitted",
    [
        encoding(["red red blue", "red"], WORDS, "ab"),
        encoding(["\ud800 Ä\n"], MODELLING),
    ],
    ids=["labelled", "modelled"],
)
def test_it_survives_json(fitted: Encoding):
    assert reread(fitted) == fitted
