"""chrF equals that of sacreBLEU."""

import numpy as np
import pytest

from kerasdl.data.python_names import load_python_names
from kerasdl.diagnostics.chrf import chrf, chrf_counts

sacrebleu = pytest.importorskip("sacrebleu")


def pairs() -> tuple[list[str], list[str]]:
    names = load_python_names()
    written = [*names.texts[:200], "", "a", "é 日", "same text"]
    truth = [*map(str, names.labels[:200]), "none", "b", "é日", "same text"]
    return written, truth


def test_a_corpus_is_scored_as_by_sacrebleu():
    written, truth = pairs()
    expected = sacrebleu.corpus_chrf(written, [truth]).score
    assert float(chrf(chrf_counts(written, truth).sum(0))) == pytest.approx(expected)


def test_each_text_is_scored_as_by_sacrebleu():
    written, truth = pairs()
    expected = [
        sacrebleu.sentence_chrf(own, [other]).score
        for own, other in zip(written, truth, strict=True)
    ]
    np.testing.assert_allclose(chrf(chrf_counts(written, truth)), expected, atol=1e-9)
