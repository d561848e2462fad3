import numpy as np
import pytest

from kerasdl.config import Config
from kerasdl.data import Texts
from kerasdl.errors import DataError
from kerasdl.jobs.dataset import examples, prepare
from tests.data.helpers import config

LETTERS = "abcdefghij"
LABELLED = Texts(
    "mine",
    tuple(f"word{n} {LETTERS[n % 4] * 3}" for n in range(100)),
    tuple("xxyz"[n % 4] for n in range(100)),
)


def modelling(*texts: str) -> Config:
    return config(
        None,
        "data.kind=text",
        "data.task=language-modelling",
        "model.name=gpt",
        "data.max_length=4",
        *texts,
    )


def words(*texts: str) -> Config:
    return config(
        None,
        "data.kind=text",
        "data.tokens=words",
        "data.max_length=4",
        "model.name=bert",
        *texts,
    )


def test_labelled_texts_are_split_in_proportion():
    dataset = prepare(LABELLED, words())
    splits = (dataset.train, dataset.validation, dataset.test)
    assert [len(split) for split in splits] == [68, 12, 20]
    seen = [text for split in splits for text in split.texts]
    assert sorted(seen) == sorted(LABELLED.texts)
    for split in splits:
        assert np.isclose((split.y == 0).mean(), 0.5, atol=0.03)
        names = dict(zip(LABELLED.texts, LABELLED.labels, strict=True))
        assert ["xyz"[y] for y in split.y] == [names[text] for text in split.texts]


def test_the_vocabulary_is_that_of_the_training_split():
    dataset = prepare(LABELLED, words())
    learned = {word for text in dataset.train.texts for word in text.split()}
    assert set(dataset.preprocessing.vocabulary) == learned
    assert (dataset.train.x[:, 1] > 1).all()
    assert (dataset.test.x[:, 1] == 1).all()


def test_the_number_of_classes_cannot_be_another():
    assert prepare(LABELLED, words("data.num_classes=3")).targets.num_outputs == 3
    with pytest.raises(DataError, match="mine has 3 classes, not 5"):
        prepare(LABELLED, words("data.num_classes=5"))


def test_a_class_too_small_to_split():
    texts = Texts("mine", LABELLED.texts[:5], tuple("aaaab"))
    with pytest.raises(DataError, match="cannot split a test set off mine"):
        prepare(texts, words())


def test_a_document_is_cut_in_its_own_order():
    text = "".join(chr(97 + n % 26) for n in range(1000))
    parts = "data.test_fraction=0.1", "data.validation_fraction=0.2"
    dataset = prepare(Texts("mine", (text,)), modelling(*parts))
    splits = (dataset.train, dataset.validation, dataset.test)
    assert "".join(split.texts[0] for split in splits) == text
    assert [len(split.texts[0]) for split in splits] == [720, 180, 100]
    ids = dataset.preprocessing.document(text, "mine").ids
    assert dataset.train.x[0].tolist() == ids[:4].tolist()
    assert dataset.test.y[0].tolist() == ids[901:905].tolist()


def test_documents_stay_whole():
    documents = tuple(letter * 50 for letter in LETTERS)
    dataset = prepare(Texts("mine", documents), modelling())
    splits = (dataset.train, dataset.validation, dataset.test)
    assert [len(split.texts[0]) for split in splits] == [350, 50, 100]
    for document in documents:
        assert sum(document in split.texts[0] for split in splits) == 1
    unseen = dataset.test.x
    assert (unseen == 0).all()


def test_the_stride_is_that_of_training_windows_alone():
    texts = Texts("mine", (LETTERS * 100,))
    usual, close = (
        prepare(texts, modelling()),
        prepare(texts, modelling("data.stride=1")),
    )
    assert len(usual.train) == 169  # 680 characters, the last one is only predicted
    assert len(close.train) == 676
    assert len(close.test) == len(usual.test) == 49
    assert len(close.validation) == len(usual.validation)


@pytest.mark.parametrize(
    ("length", "message"),
    [
        (
            10,
            "the training part of mine has 7 characters, .* 8 needs .* data.max_length",
        ),
        (30, "the validation part of mine has 4 characters"),
        (0, "the training part of mine has 0 characters"),
    ],
)
def test_a_text_too_short_for_a_window(length: int, message: str):
    with pytest.raises(DataError, match=message):
        prepare(Texts("mine", ("x" * length,)), modelling("data.max_length=8"))


def test_without_validation():
    settings = "data.validation_fraction=0", "training.monitor=loss"
    dataset = prepare(Texts("mine", ("ab" * 50,)), modelling(*settings))
    assert dataset.validation.x.shape == (0, 4)


def test_given_preprocessing_is_used():
    chosen = modelling()
    first = prepare(Texts("mine", ("abc" * 100,)), chosen)
    again = prepare(Texts("you", ("cbz" * 100,)), chosen, first.encoding)
    assert set(again.train.x.ravel()) == {0, 2, 3}


def test_new_examples_are_all_there_are():
    dataset = prepare(LABELLED, words())
    new = examples(Texts("new", ("aaa", "bbb"), ("y", "x")), words(), dataset.encoding)
    assert (new.y.tolist(), new.x[:, 0].tolist()) == ([1, 0], [2, 2])
    chosen = modelling()
    encoding = prepare(Texts("mine", ("abc" * 100,)), chosen).encoding
    documents = examples(Texts("new", ("abcab", "cabc")), chosen, encoding)
    assert documents.x.tolist() == [[1, 2, 3, 1], [2, 3, 1, 2]]
    with pytest.raises(DataError, match="new has 4 characters"):
        examples(Texts("new", ("abca",)), chosen, encoding)
