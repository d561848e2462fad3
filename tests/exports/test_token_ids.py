"""The scripts for texts give the token ids that a model was trained on."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasdl.data.pair_preprocessing import PairPreprocessing
from kerasdl.data.preprocessing import Part
from kerasdl.data.subwords.training import SPECIAL, train
from kerasdl.data.text_preprocessing import TextPreprocessing
from kerasdl.data.texts import Texts
from tests.exports.conftest import STANDALONE

TEXTS = (
    "A small dog runs over the hill, and barks.",
    "Ça va? 123 4_5 x",
    "",
    "naïve \U0001f600 日本 [CLS] [PAD] <s>",
    "word " * 40,
)


def fitted(tokens: Any, made: Any = TextPreprocessing, **values: Any) -> Any:
    if tokens in ("wordpiece", "bpe"):
        tokenizer = train(tokens, TEXTS, 300, SPECIAL)
        return made("subwords", 12, (), False, 12, tokenizer, **values)
    known = {"words": ("dog", "the", "123", "4_5", "va"), "characters": tuple("adog ,")}
    return made(tokens, 12, known[tokens], False, 12, **values)


def given(preprocessing: Any, folder: str, tmp_path: Path, standalone: Any) -> Any:
    """Return the ids that a script of a folder gives for `TEXTS`."""
    for name, content in preprocessing.portable.files.items():
        (tmp_path / name).write_bytes(content)
    module = standalone(folder, "inputs")
    module.__file__ = str(tmp_path / "inputs.py")
    values = json.loads(json.dumps(preprocessing.portable_json()))
    return np.concatenate([*module.inputs(TEXTS, {"preprocessing": values})])


def raw() -> Part:
    return Part(Texts("some texts", TEXTS, ()), np.arange(len(TEXTS)))


@pytest.mark.parametrize("tokens", ["characters", "words", "wordpiece", "bpe"])
def test_of_texts(tokens: str, tmp_path: Path, standalone: Any) -> None:
    preprocessing = fitted(tokens)
    found = given(preprocessing, "text", tmp_path, standalone)
    np.testing.assert_array_equal(found, preprocessing.inputs(raw()))


def test_padding_and_cutting_are_our_own(tmp_path: Path, standalone: Any) -> None:
    preprocessing = fitted("wordpiece")
    values = json.loads(preprocessing.tokenizer)
    fixed = {
        "strategy": {"Fixed": 40},
        "direction": "Right",
        "pad_to_multiple_of": None,
    }
    values["padding"] = fixed | {"pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"}
    cut = {"max_length": 3, "stride": 0, "strategy": "LongestFirst"}
    values["truncation"] = cut | {"direction": "Right"}
    padded = replace(preprocessing, tokenizer=json.dumps(values))
    found = given(padded, "text", tmp_path, standalone)
    np.testing.assert_array_equal(found, preprocessing.inputs(raw()))


@pytest.mark.parametrize("tokens", ["characters", "bpe"])
def test_of_pairs(tokens: str, tmp_path: Path, standalone: Any) -> None:
    preprocessing = fitted(tokens, PairPreprocessing)
    found = given(preprocessing, "pairs", tmp_path, standalone)
    np.testing.assert_array_equal(found, preprocessing.inputs(raw()))


def test_an_unknown_character_is_said(standalone: Any) -> None:
    told = fitted("characters").portable_json()
    with pytest.raises(ValueError, match="does not know 'z'"):
        [*standalone("writing", "inputs").inputs(["z"], {"preprocessing": told})]


def test_the_script_has_a_dozen_lines() -> None:
    lines = (STANDALONE / "run.py").read_text().splitlines()
    code = [line for line in lines if line and not line.startswith('"""')]
    assert len(code) <= 13
