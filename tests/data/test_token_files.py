"""Token ids in a file are those of the text that they were made of."""

import json
from pathlib import Path

import numpy as np
import pytest

from kerasdl import testing
from kerasdl.config import Config, load
from kerasdl.data import Dataset, examples
from kerasdl.data.kinds.text import TextKind
from kerasdl.data.kinds.tokens import TokensKind
from kerasdl.data.subwords.encoder import encoder
from kerasdl.data.subwords.training import train
from kerasdl.data.token_file_windows import TokenFileWindows
from kerasdl.data.token_windows import DocumentWindows
from kerasdl.errors import DataError, InvalidConfigError
from kerasdl.jobs.dataset import prepare
from tests.data.subwords.files import bert, llama

pytestmark = pytest.mark.any_backend

TEXT = "The cat sat — naïve, 日本 🎉 — on the mat.\nDon't run: 12 days!\n" * 60
SETTINGS = ("data.tokenizer=tokenizer.json", "data.max_length=16")


@pytest.fixture(autouse=True)
def ids() -> np.ndarray:
    """Write a tokenizer, a text and its ids, and return these."""
    content = train("bpe", [TEXT], 300)
    Path("tokenizer.json").write_text(content)
    Path("text.txt").write_text(TEXT)
    ids, _ = encoder(content).document(TEXT, "")
    np.save("ids.npy", ids.astype("uint16"))
    return ids


def prepared(*settings: str, name: str = "ids.npy") -> tuple[Config, Dataset]:
    chosen = load("gpt-tiny", None, [f"data.name={name}", *SETTINGS, *settings])
    return chosen, prepare(chosen.data.read(), chosen)


@pytest.mark.parametrize("stride", ["auto", "5"])
@pytest.mark.parametrize("most_bytes", [1 << 30, 100])
def test_windows_are_those_of_the_text(
    stride: str, most_bytes: int, ids: np.ndarray, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(examples, "RESIDENT_BYTES", most_bytes)
    np.save("other.npy", ids[:200])
    settings = (
        f"data.stride={stride}",
        "data.validation_fraction=0",
        "training.monitor=loss",
    )
    of_text = prepared(*settings, "data.test_name=text.txt", name="text.txt")[1]
    chosen, of_ids = prepared(*settings, "data.test_name=other.npy")
    assert isinstance(chosen.data, TokensKind)
    assert of_ids.encoding.preprocessing.to_json() == (
        of_text.encoding.preprocessing.to_json()
    )
    one, other = of_text.train, of_ids.train
    assert isinstance(one, DocumentWindows)
    assert isinstance(other, TokenFileWindows)
    assert (other.resident() is None) == (most_bytes == 100)
    rows = np.arange(len(one))[::-2]
    for these, those in zip(one.take(rows), other.take(rows), strict=True):
        np.testing.assert_array_equal(these, those)
        assert these.dtype == those.dtype
    assert len(of_ids.test) == 199 // 16
    assert len(of_ids.validation) == 0


def test_characters_are_counted_by_the_tokenizer(ids: np.ndarray):
    _, of_text = prepared("data.test_name=text.txt", name="text.txt")
    _, of_ids = prepared("data.test_name=ids.npy")
    one, other = of_text.test, of_ids.test
    assert isinstance(one, DocumentWindows)
    assert isinstance(other, TokenFileWindows)
    assert other.text == one.text == TEXT
    assert other.characters_per_token == pytest.approx(one.characters_per_token)
    assert len(ids) < len(TEXT)


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_a_text_is_the_same_whatever_is_decoded_at_a_time(
    count: int, ids: np.ndarray, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("kerasdl.data.subwords.encoder.DECODED", count)
    assert encoder(Path("tokenizer.json").read_text()).decoded(ids) == TEXT


def test_the_last_tokens_are_held_out(ids: np.ndarray):
    _, dataset = prepared()
    parts = dataset.train, dataset.validation, dataset.test
    assert all(isinstance(part, TokenFileWindows) for part in parts)
    whole = np.concatenate([part.ids for part in parts])
    np.testing.assert_array_equal(whole, ids)
    assert len(dataset.test.ids) == round(0.2 * len(ids))


def test_it_keeps_the_contract_of_kinds():
    testing.check_kind(load("gpt-tiny", None, ["data.name=ids.npy", *SETTINGS]).data)


WRONG = {
    "floats": (lambda ids: ids.astype("float32"), "holds float32 of shape"),
    "rows": (lambda ids: ids[:4].reshape(2, 2), r"of shape \(2, 2\), no token ids"),
    "nothing": (lambda ids: ids[:0], r"of shape \(0,\), no token ids"),
    "too few": (lambda ids: ids[:15], "a window of 16 needs at least 17"),
    "negative": (lambda ids: ids.astype("int32") - 400, "holds the token id -"),
    "of another": (lambda ids: ids + 400, r"holds the token id \d+, the tokenizer has 2\d\d"),
}  # fmt: skip


@pytest.mark.parametrize("fault", WRONG)
def test_ids_that_are_none(fault: str, ids: np.ndarray):
    change, message = WRONG[fault]
    np.save("ids.npy", change(ids))
    with pytest.raises(DataError, match=message) as caught:
        prepared()
    assert caught.value.hint
    assert len(caught.value.lines()) == 1


def test_a_tokenizer_that_loses_characters():
    Path("tokenizer.json").write_text(json.dumps(bert()))
    with pytest.raises(DataError, match="does not keep each character"):
        prepared()


def test_a_tokenizer_that_strips_the_first_space(monkeypatch: pytest.MonkeyPatch):
    """As that of Llama 2 does: only of the first token of all."""
    monkeypatch.setattr("kerasdl.data.subwords.encoder.DECODED", 2)
    values = llama(r"\S+|\s+") | {
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first"},
        "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first"},
        "model": {
            "type": "BPE",
            "vocab": {letter: n for n, letter in enumerate("▁abc")},
            "merges": [],
        },
    }  # fmt: skip
    tokenizer = encoder(json.dumps(values))
    ids, _ = tokenizer.document("ab c abc a", "a text")
    assert tokenizer.decoded(ids) == "ab c abc a"


def test_no_example_has_a_prediction():
    assert not prepared()[1].targets.each_predicted


@pytest.mark.parametrize(
    "changed", [{"tokenizer": "", "tokens": "characters"}, {"windows": False}]
)
def test_damaged_preprocessing(changed: dict):
    values = prepared()[1].preprocessing.to_json() | changed
    with pytest.raises(ValueError, match="token ids need a tokenizer"):
        TokensKind.preprocessing_from_json(values)


def test_ids_are_split_in_their_order():
    with pytest.raises(
        InvalidConfigError, match=r"data.split_seed \(=3\) has no meaning"
    ):
        prepared("data.split_seed=3")


def test_the_tokenizer_must_be_named():
    with pytest.raises(InvalidConfigError, match=r"data.tokenizer is empty"):
        load("gpt-tiny", None, ["data.name=ids.npy"])


def test_arrays_and_texts_stay_what_they_are():
    assert load("mlp", None, ["data.name=x.npy"]).data.kind == "arrays"
    texts = load("gpt-tiny", None, ["data.name=text.txt", *SETTINGS]).data
    assert isinstance(texts, TextKind)
