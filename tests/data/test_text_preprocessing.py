import numpy as np
import pytest

from kerasdl import tasks
from kerasdl.data import Encoding, Texts
from kerasdl.data.kinds.text import TextKind
from kerasdl.data.preprocessing import Part
from kerasdl.data.text_preprocessing import TextPreprocessing
from kerasdl.errors import DataError
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


def test_the_next_character_of_every_window():
    fitted = encoding(["abcabc"], MODELLING)
    preprocessing = fitted.preprocessing
    assert preprocessing.document("cab?", "mine").ids.tolist() == [3, 1, 2, 0]
    x, y = preprocessing.cut(preprocessing.document("abcabcab", "mine").ids, 3)
    assert x.tolist() == [[1, 2, 3], [1, 2, 3]]
    assert y.tolist() == [[2, 3, 1], [2, 3, 1]]
    x, y = preprocessing.cut(preprocessing.document("abcab", "mine").ids, 1)
    assert x.tolist() == [[1, 2, 3], [2, 3, 1]]
    assert y.tolist() == [[2, 3, 1], [3, 1, 2]]
    assert x.flags.writeable  # PyTorch warns of others
    assert [
        len(part)
        for part in preprocessing.cut(preprocessing.document("abc", "mine").ids, 1)
    ] == [
        0,
        0,
    ]
    assert (preprocessing.vocabulary_size, fitted.targets.num_outputs) == (4, 4)
    assert (fitted.input_shape, fitted.output_shape) == ((3,), (3, 4))


def test_every_character_is_predicted_once():
    text = "".join(map(chr, range(200, 400)))
    fitted = fit([text], TextKind(task="language-modelling", max_length=7))
    x, y = fitted.cut(fitted.document(text, "mine").ids, 7)
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
