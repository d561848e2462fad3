import math
from collections import Counter

import numpy as np
import pytest

from kerasdl.diagnostics import ngram
from kerasdl.diagnostics.ngram import bits_per_token


def by_hand(train: list[int], test: list[int], size: int, order: int) -> float:
    """Return the same by the textbook, one token after another."""
    followers: dict[tuple, Counter] = {}
    for place, token in enumerate(train):
        for length in range(min(order, place + 1)):
            context = tuple(train[place - length : place])
            followers.setdefault(context, Counter())[token] += 1

    def probability(token: int, context: tuple) -> float:
        shorter = probability(token, context[1:]) if context else 1 / size
        counts = followers.get(context, Counter())
        if not counts:
            return shorter
        total, kinds = counts.total(), len(counts)
        return (counts[token] + kinds * shorter) / (total + kinds)

    bits = [
        -math.log2(probability(token, tuple(test[max(place - order + 1, 0) : place])))
        for place, token in enumerate(test)
    ]
    return sum(bits) / len(bits)


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("size", [4, 90_000])
def test_it_is_what_the_textbook_says(order: int, size: int):
    drawn = np.random.default_rng(order)
    train = (drawn.integers(0, 4, 300) ** 2 + size // 9).clip(0, size - 1)
    test = np.r_[train[40:90], drawn.integers(0, size, 20), train[:30]]
    bits = bits_per_token(train.astype("int32"), test.astype("int32"), size, order)
    assert bits == pytest.approx(by_hand(train.tolist(), test.tolist(), size, order))


def test_one_gram_in_closed_form():
    train, test = np.array([0, 0, 0, 1]), np.array([0, 1, 2])
    expected = -np.log2([(3 + 2 / 4) / 6, (1 + 2 / 4) / 6, (2 / 4) / 6]).mean()
    assert bits_per_token(train, test, 4, order=1) == pytest.approx(expected)


def test_texts_shorter_than_an_ngram():
    one, two = np.array([1]), np.array([0, 1])
    for train, test in ((one, two), (two, one), (two, two)):
        bits = bits_per_token(train, test, 3)
        assert bits == pytest.approx(by_hand(train.tolist(), test.tolist(), 3, 5))


def test_what_repeats_needs_few_bits():
    text = np.arange(2000) % 7
    assert bits_per_token(text[:1000], text[1000:], 7) < 0.02
    assert bits_per_token(text[:1000], text[1000:], 7, order=1) > 2.7


def test_long_texts_are_cut(monkeypatch):
    monkeypatch.setattr(ngram, "MAX_TOKENS", 100)
    text = np.arange(200) % 2
    changed = np.r_[text[:100], text[100:] * 0]
    assert bits_per_token(text, changed, 2) == bits_per_token(changed, text, 2) < 0.2
