"""Ids of subwords, against what BERT and GPT-2 were published with.

BERT's tokenizer in Python is that of `transformers`. GPT-2's is written down here.
"""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import regex
from transformers.convert_slow_tokenizer import bytes_to_unicode
from transformers.models.bert.tokenization_bert_legacy import BertTokenizerLegacy

from kerasdl.data.subwords import encoder as module
from kerasdl.data.subwords import published
from kerasdl.data.subwords.encoder import Encoder, encoder
from kerasdl.data.subwords.training import SPECIAL, train
from kerasdl.errors import DataError
from tests.data.subwords.files import BERT_VOCABULARY, TEXTS, bert, llama, text
from tests.time_limit import limited

LINES = [*TEXTS, "the theatre, the thing: that's three thousand", "running and running"]


def ids(found: Encoder, texts: list[str], length: int = 1000) -> list[list[int]]:
    return [own for own, _ in found.labelled(texts, length)]


def slow_bert(vocabulary: list[str]) -> BertTokenizerLegacy:
    Path("vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    return BertTokenizerLegacy("vocab.txt")


def slow_gpt2(merges: list[list[str]], text: str) -> list[str]:
    """Return tokens as Radford et al. 2019 published them; the first merge goes first."""
    letters, ranks = bytes_to_unicode(), {tuple(m): n for n, m in enumerate(merges)}
    tokens = []
    for word in regex.findall(published.REGEXES[0], text):
        parts = [letters[byte] for byte in word.encode()]
        while len(parts) > 1:
            pairs = [*pairwise(parts)]
            best = min(pairs, key=lambda pair: ranks.get(pair, len(ranks)))
            if best not in ranks:
                break
            merged, at = [], 0
            while at < len(parts):
                if tuple(parts[at : at + 2]) == best:
                    merged, at = [*merged, "".join(best)], at + 2
                else:
                    merged, at = [*merged, parts[at]], at + 1
            parts = merged
        tokens += parts
    return tokens


def test_the_tokenizer_of_a_bert():
    found, slow = encoder(text(bert())), slow_bert(BERT_VOCABULARY)
    expected = [slow(each)["input_ids"] for each in TEXTS]
    assert ids(found, TEXTS) == expected
    assert {1} < {number for each in expected for number in each}
    assert (found.size, found.offset, found.labelled_size) == (72, 0, 72)
    cut = [slow(each, truncation=True, max_length=6)["input_ids"] for each in TEXTS]
    assert ids(found, TEXTS, 6) == cut
    lengths = [length for _, length in found.labelled(TEXTS, 6)]
    assert lengths == [*map(len, expected)]


def test_trained_wordpiece_is_that_of_bert():
    found = encoder(train("wordpiece", LINES, 150, SPECIAL))
    vocabulary = found.tokenizer.get_vocab()
    assert sorted(vocabulary.values()) == [*range(found.size)]
    assert 100 < found.size <= 150
    names = sorted(vocabulary, key=vocabulary.__getitem__)
    slow = slow_bert(["[PAD]", "[UNK]", "[CLS]", *names[3:], "[SEP]", "[MASK]"])
    expected = [slow(each)["input_ids"] for each in LINES]
    assert ids(found, LINES) == [each[:-1] for each in expected]  # without [SEP]


def test_trained_bpe_is_that_of_gpt2():
    content = train("bpe", LINES, 300, SPECIAL)
    found = encoder(content)
    vocabulary = found.tokenizer.get_vocab()
    assert sorted(vocabulary.values()) == [*range(300)]
    assert [vocabulary[name] for name in SPECIAL] == [0, 1, 2]
    assert found.before == (2,)
    merges = json.loads(content)["model"]["merges"]
    for each in [*LINES, "unseen Ωmega \ue000 then"]:
        expected = [vocabulary[token] for token in slow_gpt2(merges, each)]
        assert ids(found, [each]) == [[2, *expected]]
        assert max(expected, default=0) < 300


@pytest.mark.parametrize("form", ["bpe", "wordpiece"])
def test_the_same_texts_give_the_same_vocabulary(form):
    """Hash tables of `tokenizers` have another order each time."""
    trained = {train(form, LINES, 280, SPECIAL) for _ in range(4)}
    assert len(trained) == 1


@pytest.mark.parametrize("form", ["bpe", "wordpiece"])
def test_a_text_cannot_contain_special_tokens(form):
    found = encoder(train(form, LINES, 280, SPECIAL))
    [own] = ids(found, ["[PAD] a [CLS] b [UNK]"])
    assert own[0] == 2
    assert not {0, 2} & {*own[1:]}


def test_a_tokenizer_whose_first_id_is_a_token():
    """Ids move by one, so that 0 is padding, and the last one starts a text."""
    found = encoder(text(llama(published.REGEXES[1])))
    assert (found.size, found.offset, found.labelled_size) == (257, 1, 259)
    [own] = ids(found, ["th!"])
    assert own == [258, 257, 1]
    assert ids(found, [""]) == [[258]]


@pytest.mark.parametrize("which", [1, 2])
def test_the_regular_expressions_are_known_and_quick(which: int):
    whole = regex.findall(
        published.REGEXES[which], line := "it's  12345 \n\n x\u00e9!\n"
    )
    assert "".join(whole) == line
    found = encoder(text(llama(published.REGEXES[which])))
    for repeated in (" ", "a", "1", "!", "\n", "' ", "\u0301"):
        with limited(5):
            assert len(ids(found, [repeated * 30_000], 9)[0]) == 9


def test_a_document_keeps_its_characters(monkeypatch):
    document = "Ünïc\n\n one 🎉 two\nthree\n  four\nfive\n" * 30
    found = encoder(train("bpe", [document], 280))
    whole, starts = found.document(document, "mine")
    assert whole.dtype == "int32"
    assert found.tokenizer.decode(whole.tolist()) == document
    assert starts[0] == 0
    assert (np.diff(starts) >= 0).all()
    token = whole.tolist().index(found.tokenizer.encode(" one").ids[0])
    assert document[starts[token] :].startswith(" one")
    monkeypatch.setattr(module, "PIECE", 10)
    pieces, begins = found.document(document, "mine")
    np.testing.assert_array_equal(pieces, whole)
    np.testing.assert_array_equal(begins, starts)
    monkeypatch.setattr(module, "LONGEST_PIECE", 20)
    assert found.document("x" * 50, "mine")[1][-1] < 50


def test_a_tokenizer_that_loses_characters_models_no_language():
    with pytest.raises(DataError, match="does not keep each character of mine"):
        encoder(text(bert())).document("The Cafe", "mine")
