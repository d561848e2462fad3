"""Texts are written as the logits of a whole model say, greedily and by beams."""

import itertools

import numpy as np
import pytest
from scipy.special import log_softmax

from kerasdl.models import encoder_decoder
from kerasdl.tasks.decoding import LENGTH_PENALTY, decoded
from tests.contract import numbers, outputs

VOCABULARY, TIME, BEGIN, END = 5, 3, 2, 3
SMALL = {"width": 8, "depth": 2, "num_heads": 2, "mlp_units": 16}
DRAWN = np.random.default_rng(3)


@pytest.fixture(scope="module", params=[False, True])
def model(request: pytest.FixtureRequest):
    norm_first = request.param
    built = encoder_decoder((2, TIME), VOCABULARY, norm_first=norm_first, **SMALL)
    built.set_weights([w + DRAWN.normal(size=w.shape) for w in built.get_weights()])
    return built


def sources(count: int) -> np.ndarray:
    x = np.zeros((count, 2, TIME), "int32")
    x[:, 0] = DRAWN.integers(1, VOCABULARY, (count, TIME))
    x[:, 1, 0] = BEGIN
    return x


def test_each_token_is_the_likeliest_after_those_before(model):
    x = sources(20)
    end = int(decoded(model, x, VOCABULARY, 3)[0, 1])  # so that the first one ends
    found = decoded(model, x, end, 3)
    assert not found[0, 2:].any()
    for row, written in zip(x, found, strict=True):
        ids = row[None].copy()
        for place in range(TIME):
            logits = numbers(outputs(model, ids))[0, place]
            assert written[place] == 1 + logits[1:].argmax()
            if written[place] == end:
                assert not written[place + 1 :].any()
                break
            if place + 1 < TIME:
                ids[0, 1, place + 1] = written[place]


def score(model, row: np.ndarray, text: tuple[int, ...]) -> float:
    ids = row[None].copy()
    ids[0, 1, 1 : len(text)] = text[:-1]
    steps = log_softmax(numbers(outputs(model, ids))[0].astype("float64"), axis=-1)
    joint = sum(steps[place, token] for place, token in enumerate(text))
    return joint / ((5 + len(text)) / 6) ** LENGTH_PENALTY


def test_enough_beams_find_the_best_text_of_all(model):
    x = sources(2)
    found = decoded(model, x, END, 2, beams=VOCABULARY**TIME)
    going_on = [n for n in range(1, VOCABULARY) if n != END]
    texts = [
        (*begun, last)
        for length in range(TIME)
        for begun in itertools.product(going_on, repeat=length)
        for last in (range(1, VOCABULARY) if length == TIME - 1 else (END,))
    ]
    for row, written in zip(x, found, strict=True):
        best = max(texts, key=lambda text: score(model, row, text))
        assert tuple(written[: len(best)]) == best
        assert not written[len(best) :].any()
