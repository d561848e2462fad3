"""Bits of tokens are those of scikit-learn; samples follow their probabilities."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import log_loss

from kerasdl.diagnostics.sampling import next_tokens
from kerasdl.diagnostics.token_figures import (
    bits_by_position,
    bits_of_tokens,
    surprising,
)

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(6, 40, 5)).astype("float32")
IDS = RNG.integers(5, size=(6, 40))


def spelled(ids: np.ndarray) -> str:
    return "".join("ab\ncd"[n] for n in ids.tolist())


def test_bits_are_the_log_loss():
    bits = bits_of_tokens(LOGITS, IDS)
    shares = softmax(LOGITS.reshape(-1, 5).astype("float64"), -1)
    nats = log_loss(IDS.ravel(), shares, labels=range(5))
    assert bits.mean() * np.log(2) == pytest.approx(nats, rel=1e-6)
    lines = bits_by_position(bits)
    assert lines.x == [[*range(1, 41)]]
    assert lines.y[0] == pytest.approx(bits.mean(0).tolist())
    long = bits_by_position(np.tile(bits, (1, 10)))
    assert len(long.x[0]) == 128
    assert np.mean(long.y[0]) == pytest.approx(bits.mean(), rel=0.05)


def test_the_most_surprising_piece_is_first():
    bits = np.full((6, 40), 1.0)
    bits[3, 16:32] = 5.0
    bits[0, 0:16] = 3.0
    first, second, third, *_ = surprising(bits, IDS, spelled).rows
    before = spelled(IDS[3, 0:16]).replace("\n", "↵")
    assert first == [before, spelled(IDS[3, 16:32]).replace("\n", "↵"), 5.0]
    assert second[0] == ""
    assert second[2] == 3.0
    assert third[2] == 1.0


def test_samples_follow_the_probabilities():
    logits = np.tile(np.array([0.0, 1.0, -1.0, 2.0]), (100_000, 1))
    drawn = next_tokens(logits, RNG.random(100_000), 1.0)
    counted = np.bincount(drawn, minlength=4) / 100_000
    assert counted == pytest.approx(softmax(logits[0]), abs=0.005)
    colder = next_tokens(logits, RNG.random(100_000), 0.5)
    assert (colder == 3).mean() == pytest.approx(softmax(2 * logits[0])[3], abs=0.005)
    assert (next_tokens(logits, RNG.random(100_000), 0.0) == 3).all()
    ends = next_tokens(logits[:2], np.array([1e-18, 1 - 1e-16]), 1.0)
    assert ends.tolist() == [0, 3]
