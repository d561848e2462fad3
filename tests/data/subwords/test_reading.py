"""A `tokenizer.json` of a stranger is used as published ones are, or refused."""

import json
import random
from pathlib import Path

import pytest

from kerasdl.data.subwords import published
from kerasdl.data.subwords.encoder import encoder
from kerasdl.data.subwords.reading import read_tokenizer
from kerasdl.data.subwords.training import SPECIAL, train
from kerasdl.errors import DataError, KerasDLError, UnsafeError
from tests.data.subwords.files import TEXTS, bert, llama
from tests.mutations import bent, with_another_value
from tests.time_limit import limited

PATH = Path("tokenizer.json")
EVIL = r"(a+)+$"
REPLACED = {"type": "Replace", "pattern": {"String": " "}, "content": "x" * 10**6}
MATCHED = {"type": "Replace", "pattern": {"Regex": EVIL}, "content": "x"}
SPLIT = {"type": "Split", "pattern": {"Regex": EVIL}, "behavior": "Isolated"}
UNIGRAM = {"type": "Unigram", "unk_id": 0, "vocab": [["a", 0.0]]}


def read(**changed: object) -> str:
    PATH.write_text(json.dumps(bert() | changed))
    return read_tokenizer(PATH)


def model(**changed: object) -> dict:
    return {"model": bert()["model"] | changed}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"normalizer": REPLACED}, "stands there"),
        ({"normalizer": MATCHED}, "'Regex'"),
        ({"normalizer": {"type": "Precompiled"}}, "'Precompiled'"),
        ({"normalizer": {"type": "Sequence", "normalizers": [MATCHED]}}, "'Regex'"),
        ({"pre_tokenizer": SPLIT | {"invert": False}}, "stands there"),
        ({"model": UNIGRAM}, "'Unigram'"),
        (model(max_input_chars_per_word=10**9), "1000000000"),
        (model(vocab={"[UNK]": 0, "a": 9_000_000}), "the id 9,000,000"),
        ({"model": {"type": "BPE", "dropout": 0.5, "vocab": {}}}, "0.5"),
        ({"extra": 1}, "'extra'"),
        ({"added_tokens": [{}] * 10_001}, "10,001 parts"),
    ],
)
def test_what_no_published_tokenizer_has_is_refused(changed: dict, words: str):
    with pytest.raises(UnsafeError, match="no known tokenizer has") as caught:
        read(**changed)
    assert words in str(caught.value)


def test_a_file_that_is_too_large_or_too_deep():
    PATH.write_text("[" * 200_000)
    with pytest.raises(UnsafeError, match="nested too deeply"):
        read_tokenizer(PATH)
    with PATH.open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(UnsafeError, match="bytes"):
        read_tokenizer(PATH)


AROUND = bert()["post_processor"]["special_tokens"]
FAR = AROUND | {"[CLS]": {"id": "[CLS]", "ids": [10_000], "tokens": ["[CLS]"]}}


AFTER = {
    "type": "TemplateProcessing",
    "single": [
        {"Sequence": {"id": "A", "type_id": 0}},
        bert()["post_processor"]["single"][0],
    ],
    "pair": bert()["post_processor"]["pair"],
    "special_tokens": FAR,
}


@pytest.mark.parametrize(
    "changed",
    [
        {"model": None},
        model(vocab={}),
        model(vocab={"a": 0}),  # no [UNK]
        model(vocab={"[UNK]": 0, "a": 0}),
        model(vocab={"[UNK]": -1}),
        model(vocab={"[UNK]": 0, "\ud800": 1}),
        {"post_processor": bert()["post_processor"] | {"special_tokens": FAR}},
        {"post_processor": AFTER},
        {"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}},
        {"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a"]}},
    ],
)
def test_a_damaged_file(changed: dict):
    with pytest.raises(DataError, match=r"tokenizer\.json is no tokenizer: "):
        read(**changed)


def test_a_file_that_is_missing_or_no_json():
    with pytest.raises(DataError, match=r"cannot read none\.json: No such file"):
        read_tokenizer(Path("none.json"))
    PATH.write_text("{")
    with pytest.raises(DataError, match="is no tokenizer"):
        read_tokenizer(PATH)


def test_what_becomes_of_files(capfd):
    """300 files; each encodes within its ids, or is refused in one line."""
    whole = [
        bert(),
        llama(published.REGEXES[1]),
        json.loads(train("bpe", TEXTS, 280, SPECIAL)),
        json.loads(train("wordpiece", TEXTS, 120, SPECIAL)),
    ]
    read = 0
    for number in range(300):
        draw = random.Random(number)
        values = draw.choice(whole)
        for _ in range(draw.choice([0, 1, 1, 3])):
            values = with_another_value(draw, values)
        content = json.dumps(values).encode()
        PATH.write_bytes(bent(draw, content) if draw.random() < 0.2 else content)
        try:
            with limited(10):
                found = encoder(read_tokenizer(PATH))
                encoded = [*found.labelled(TEXTS, 1000)]
        except KerasDLError as fault:
            assert fault.exit_code in (3, 7)  # noqa: PT017
            assert len(str(fault).splitlines()) == 1  # noqa: PT017
        else:
            read += 1
            for own, _ in encoded:
                assert own[0] != 0
                assert 0 <= min(own) <= max(own) < found.labelled_size
    assert 60 < read < 250
    assert capfd.readouterr() == ("", "")
