import dataclasses

import pytest

from kerasdl.data import Texts

TEXTS = Texts("mine", ("one", "two"), ("a", "b"))


@pytest.mark.parametrize(
    "change",
    [{"texts": ("one", "twu")}, {"texts": ("onet", "wo")}, {"labels": ("a", "a")}],
)
def test_the_digest_knows_every_text_and_label(change: dict):
    assert dataclasses.replace(TEXTS, **change).sha256() != TEXTS.sha256()


def test_the_digest_is_of_contents_alone():
    assert dataclasses.replace(TEXTS, source="you").sha256() == TEXTS.sha256()
    assert Texts("mine", ("\ud800",)).sha256()  # a literal may hold half a character
