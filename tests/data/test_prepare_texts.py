import sys
from pathlib import Path

import numpy as np
import pytest

from kerasdl.config import Config
from kerasdl.data import Texts
from kerasdl.data.kinds.text import TextKind
from kerasdl.data.subwords.training import SPECIAL, train
from kerasdl.errors import DataError
from kerasdl.jobs.dataset import examples, prepare
from tests.data.helpers import config, reread

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


def test_inputs_are_as_long_as_the_longest_training_text():
    """What is longer in other texts is cut, and what is cut in training is told."""
    short = prepare(LABELLED, words("data.max_length=64"))
    assert short.encoding.input_shape == (3,)
    assert not [each for each in short.findings if each.kind == "truncated"]
    longer = Texts("new", ("word1 aaa aaa aaa",), ("x",))
    assert examples(longer, words(), short.encoding).x.shape == (1, 3)
    cut = prepare(LABELLED, words("data.max_length=2"))
    [finding] = [each for each in cut.findings if each.kind == "truncated"]
    told = "68 of 68 training texts are cut after 2 tokens, the longest has 3"
    assert str(finding).startswith(told)
    empty = Texts("mine", ("a",) * 100, LABELLED.labels)
    assert prepare(empty, words()).encoding.input_shape == (2,)


@pytest.mark.parametrize("tokens", ["bpe", "wordpiece"])
def test_subwords_are_those_of_the_training_split(tokens: str):
    """A run that resumes needs neither other texts nor the file of a tokenizer."""
    chosen = words(f"data.tokens={tokens}", "data.max_length=32")
    dataset = prepare(LABELLED, chosen)
    fitted = dataset.preprocessing
    assert reread(dataset.encoding) == dataset.encoding
    learned = train(tokens, dataset.train.texts, 10_000, SPECIAL)
    assert fitted.tokenizer == learned
    assert (dataset.train.x[:, 0] == 2).all()
    assert dataset.train.x.max() < fitted.vocabulary_size
    Path("tokenizer.json").write_text(fitted.tokenizer)
    given = words(
        "data.tokens=characters", "data.tokenizer=tokenizer.json", "data.max_length=32"
    )
    again = prepare(LABELLED, given)
    np.testing.assert_array_equal(again.test.x, dataset.test.x)
    Path("tokenizer.json").unlink()
    other = Texts("mine", LABELLED.texts[::-1], LABELLED.labels)
    resumed = prepare(other, given, former=again.preprocessing.to_json())
    assert resumed.preprocessing.tokenizer == fitted.tokenizer
    with pytest.raises(DataError, match=r"cannot read tokenizer\.json"):
        prepare(LABELLED, given)


def test_without_tokenizers_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    Path("a.jsonl").write_text('{"text": "a", "label": "b"}')
    kind = TextKind(name="a.jsonl", tokens="bpe")
    with pytest.raises(DataError, match=r'pip install "kerasdl\[text\]"'):
        kind.check_source()


def test_copies_of_training_texts_are_told():
    texts = Texts("mine", ("same", *LABELLED.texts[1:-1], "same"), LABELLED.labels)
    seen = set()
    for seed in range(9):
        dataset = prepare(texts, words(f"training.seed={seed}"))
        found = [each for each in dataset.findings if each.kind == "duplicate-texts"]
        for each in found:
            copied = [split.texts for split in (dataset.validation, dataset.test)]
            assert sum("same" in held for held in copied) == len(found) == each.value
            assert "same" in dataset.train.texts
            assert "copy training texts, 0 with the same class, such as text " in str(
                each
            )
        seen.add(len(found))
    assert seen == {0, 1}


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
    assert "".join(split.text for split in splits) == text
    assert [len(split.text) for split in splits] == [720, 180, 100]
    ids = dataset.preprocessing.document(text, "mine").ids
    assert dataset.train.arrays()[0][0].tolist() == ids[:4].tolist()
    assert dataset.test.arrays()[1][0].tolist() == ids[901:905].tolist()


def test_documents_stay_whole():
    documents = tuple(letter * 50 for letter in LETTERS)
    dataset = prepare(Texts("mine", documents), modelling())
    splits = (dataset.train, dataset.validation, dataset.test)
    assert [len(split.text) for split in splits] == [357, 50, 102]
    for document in documents:
        assert sum(document in split.text for split in splits) == 1
    unseen = dataset.test.arrays()[0]
    assert (unseen == 0).sum() >= unseen.size - 2  # but for the ends of lines


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


def test_a_document_of_too_few_subwords():
    """It has more characters than a window has tokens."""
    settings = "data.tokens=bpe", "data.vocabulary_size=300", "data.max_length=20"
    text = "and then " * 30
    with pytest.raises(DataError, match=r"part of mine has \d+ tokens, a window of 20"):
        prepare(Texts("mine", (text,)), modelling(*settings))
    dataset = prepare(Texts("mine", (text * 40,)), modelling(*settings))
    assert dataset.encoding.input_shape == (20,)


def test_without_validation():
    settings = "data.validation_fraction=0", "training.monitor=loss"
    dataset = prepare(Texts("mine", ("ab" * 50,)), modelling(*settings))
    assert dataset.validation.arrays()[0].shape == (0, 4)


def test_given_preprocessing_is_used():
    chosen = modelling()
    first = prepare(Texts("mine", ("abc" * 100,)), chosen)
    again = prepare(Texts("you", ("cbz" * 100,)), chosen, first.encoding)
    assert set(again.train.arrays()[0].ravel()) == {0, 2, 3}


def test_new_examples_are_all_there_are():
    dataset = prepare(LABELLED, words())
    new = examples(Texts("new", ("aaa", "bbb"), ("y", "x")), words(), dataset.encoding)
    assert (new.y.tolist(), new.x[:, 0].tolist()) == ([1, 0], [2, 2])
    chosen = modelling()
    encoding = prepare(Texts("mine", ("abc" * 100,)), chosen).encoding
    documents = examples(Texts("new", ("abcab", "cabc")), chosen, encoding)
    assert documents.arrays()[0].tolist() == [[1, 2, 3, 1], [2, 0, 3, 1]]
    with pytest.raises(DataError, match="new has 4 characters"):
        examples(Texts("new", ("abca",)), chosen, encoding)
