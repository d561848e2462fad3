import json

import numpy as np
import pytest

from kerasdl.config.schema import Data
from kerasdl.data import TextPreprocessing, preprocessing_from_json
from kerasdl.data.text_preprocessing import fit_texts
from kerasdl.errors import DataError

WORDS = Data(tokens="words", max_length=5)
MODELLING = Data(task="language-modelling", max_length=3)


def test_words_become_ids_after_the_first_and_before_padding():
    found = fit_texts(["red red blue", "green"], WORDS, ["a", "b"])
    assert found.vocabulary == ("red", "blue", "green")
    x = found.inputs(["Blue pink red", "", "red red red red green blue"])
    assert x.dtype == "int32"
    assert x.tolist() == [[2, 4, 1, 3, 0], [2, 0, 0, 0, 0], [2, 3, 3, 3, 3]]
    assert (found.vocabulary_size, found.num_outputs) == (6, 2)
    assert (found.input_shape, found.output_shape) == ((5,), (2,))


def test_characters_can_be_classified_too():
    found = fit_texts(["aab"], Data(max_length=4), ["a", "b"])
    assert found.inputs(["ba?"]).tolist() == [[2, 4, 3, 1]]


def test_what_an_unknown_character_costs():
    found = fit_texts(["aab"], MODELLING)
    ids = found.ids("ab?a")
    assert ids.tolist() == [1, 2, 0, 1]
    assert found.bits_of_unknown(ids) == pytest.approx(np.log2(0x110000 - 2) / 4)
    assert found.bits_of_unknown(found.ids("ab")) == 0


@pytest.mark.parametrize(("size", "vocabulary"), [(4, "a"), (5, "ab"), (9, "abc")])
def test_the_vocabulary_has_a_size_at_most(size: int, vocabulary: str):
    data = Data(vocabulary_size=size, max_length=4)
    found = fit_texts(["aaabbc"], data, ["a", "b"])
    assert found.vocabulary == tuple(vocabulary)
    assert found.vocabulary_size <= size


def test_targets_go_by_the_names_of_classes():
    found = fit_texts(["x"], WORDS, ["a", "b", "c"])
    assert found.targets(["c", "a"], "mine").tolist() == [2, 0]
    with pytest.raises(
        DataError, match="mine has the class 'd' — the model knows a, b"
    ):
        found.targets(["a", "d"], "mine")


def test_the_next_character_of_every_window():
    found = fit_texts(["abcabc"], MODELLING)
    assert found.ids("cab?").tolist() == [3, 1, 2, 0]
    x, y = found.windows("abcabcab", 3)
    assert x.tolist() == [[1, 2, 3], [1, 2, 3]]
    assert y.tolist() == [[2, 3, 1], [2, 3, 1]]
    x, y = found.windows("abcab", 1)
    assert x.tolist() == [[1, 2, 3], [2, 3, 1]]
    assert y.tolist() == [[2, 3, 1], [3, 1, 2]]
    assert x.flags.writeable  # PyTorch warns of others
    assert [len(part) for part in found.windows("abc", 1)] == [0, 0]
    assert (found.vocabulary_size, found.num_outputs) == (4, 4)
    assert (found.input_shape, found.output_shape) == ((3,), (3, 4))


def test_every_character_is_predicted_once():
    text = "".join(map(chr, range(200, 400)))
    found = fit_texts([text], Data(task="language-modelling", max_length=7))
    x, y = found.windows(text, 7)
    assert np.array_equal(y.ravel(), found.ids(text)[1 : y.size + 1])
    assert np.array_equal(x.ravel(), found.ids(text)[: y.size])
    assert len(text) - 1 - y.size < 7


@pytest.mark.parametrize(
    "found",
    [
        fit_texts(["red red blue"], WORDS, ["a", "b"]),
        fit_texts(["\ud800 Ä\n"], MODELLING),
    ],
)
def test_it_survives_json(found: TextPreprocessing):
    assert preprocessing_from_json(json.loads(json.dumps(found.to_json()))) == found
