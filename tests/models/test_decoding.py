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


@pytest.fixture(
    scope="module", params=[False, pytest.param(True, marks=pytest.mark.variant)]
)
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
    ids = x.copy()
    ids[:, 1, 1:] = found[:, :-1]
    likeliest = 1 + numbers(outputs(model, ids))[:, :TIME, 1:].argmax(-1)
    for written, expected in zip(found, likeliest, strict=True):
        ended = [*np.flatnonzero(expected == end), TIME][0]
        assert (written[: ended + 1] == expected[: ended + 1]).all()
        assert not written[ended + 1 :].any()


def scores(model, row: np.ndarray, texts: list[tuple[int, ...]]) -> list[float]:
    ids = np.repeat(row[None], len(texts), axis=0)
    for number, text in enumerate(texts):
        ids[number, 1, 1 : len(text)] = text[:-1]
    steps = log_softmax(numbers(outputs(model, ids)).astype("float64"), axis=-1)
    return [
        sum(steps[number, place, token] for place, token in enumerate(text))
        / ((5 + len(text)) / 6) ** LENGTH_PENALTY
        for number, text in enumerate(texts)
    ]


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
        best = texts[int(np.argmax(scores(model, row, texts)))]
        assert tuple(written[: len(best)]) == best
        assert not written[len(best) :].any()
