"""Intervals of differences, against SciPy's bootstrap and loops over resamples."""

import time
from functools import partial

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import r2_score

from kerasdl.diagnostics import bootstrap
from kerasdl.diagnostics.bootstrap import (
    margins,
    mean_of_resamples,
    r2_of_resamples,
    resamples,
)
from kerasdl.tasks.classes import Classes
from kerasdl.tasks.reconstruction import Inputs
from kerasdl.tasks.regression import Numbers

RNG = np.random.default_rng(0)


def test_resamples_have_as_many_examples(monkeypatch: pytest.MonkeyPatch):
    whole = np.concatenate([*resamples(30)])
    assert whole.shape == (bootstrap.RESAMPLES, 30)
    assert (whole.sum(-1) == 30).all()
    assert whole.mean() == 1
    assert whole.var() == pytest.approx(29 / 30, rel=0.05)  # binomial
    np.testing.assert_array_equal(whole, np.concatenate([*resamples(30)]))
    monkeypatch.setattr(bootstrap, "MAX_NUMBERS", 300)
    assert [len(counts) for counts in resamples(30, 25)] == [10, 10, 5]


@pytest.mark.parametrize("shape", [(40,), (40, 3)])
def test_scores_of_resamples_are_those_of_a_loop(shape: tuple[int, ...]):
    y = RNG.normal(9, 1, size=shape)
    predicted = y + RNG.normal(size=shape)
    [counts] = resamples(40, 20)
    rows = [np.repeat(np.arange(40), each.astype(int)) for each in counts]
    expected = [
        r2_score(y[r], predicted[r], multioutput="variance_weighted") for r in rows
    ]
    np.testing.assert_allclose(r2_of_resamples(y, predicted, counts), expected)
    values = predicted.reshape(40, -1)[:, 0]
    means = [values[r].mean() for r in rows]
    np.testing.assert_allclose(mean_of_resamples(values, counts), means)


def test_r2_of_equal_targets_is_nan():
    y, counts = np.array([0.1, 0.3, 0.3]), np.array([[0.0, 2, 1], [1, 1, 1]])
    found = r2_of_resamples(y, y, counts)
    assert np.isnan(found[0])
    assert found[1] == 1


def test_an_interval_is_that_of_scipy():
    y = RNG.integers(2, size=400)
    good, poor = (np.where(RNG.uniform(size=400) < p, y, 1 - y) for p in (0.9, 0.8))
    classes = Classes(2)
    score = partial(classes.score_resamples, "accuracy", y)
    found = margins(score, np.eye(2)[good], {"poor": np.eye(2)[poor]}, 400)
    difference = (good == y).astype(float) - (poor == y)
    expected = stats.bootstrap(
        (difference,), np.mean, method="percentile", n_resamples=20_000, rng=1
    ).confidence_interval
    assert found["poor"].low == pytest.approx(expected.low, abs=0.01)
    assert found["poor"].high == pytest.approx(expected.high, abs=0.01)


def test_an_interval_holds_the_true_difference():
    """About 19 times of 20, at 200 rows."""
    held, draws = 0, 150
    for seed in range(draws):
        generator = np.random.default_rng(seed)
        right = generator.uniform(size=(2, 200)) < [[0.85], [0.75]]
        score = partial(_mean)
        [found] = margins(score, right[0], {"other": right[1]}, 200).values()
        held += found.low <= 0.1 <= found.high
    assert 0.89 < held / draws < 0.99


def _mean(outputs: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return mean_of_resamples(outputs, counts)


def test_which_scores_can_be_resampled():
    y = RNG.normal(size=(30, 1)).astype("float32")
    [counts] = resamples(30, 5)
    numbers, inputs = Numbers(3.0, 2.0), Inputs()
    for name in ("r2_score", "mean_absolute_error"):
        found = numbers.score_resamples(name, y, y + 0.5, counts)
        assert found is not None
        assert found.shape == (5,)
    error = numbers.score_resamples("mean_absolute_error", y, y + 0.5, counts)
    np.testing.assert_allclose(error, 1, rtol=1e-6)  # in units of the data
    assert inputs.score_resamples("r2_score", y, y, counts) == pytest.approx(np.ones(5))
    assert numbers.score_resamples("root_mean_squared_error", y, y, counts) is None
    assert Classes(2).score_resamples("f1", np.zeros(30), y, counts) is None
    assert margins(lambda *_: None, y, {"other": y}, 30) == {}


def test_too_few_examples_have_no_interval():
    numbers = Numbers(0.0, 1.0)
    y = np.array([[0.5], [1.0], [1.0], [1.0], [1.0]])[:, :1]
    few = partial(numbers.score_resamples, "r2_score", y[3:])
    assert margins(few, y[3:], {"other": y[3:]}, 2) == {}


def test_ten_thousand_rows_take_less_than_a_second():
    y = RNG.normal(size=(10_000, 1))
    score = partial(Numbers(0.0, 1.0).score_resamples, "r2_score", y)
    begin = time.process_time()
    assert margins(score, y, {"other": y + 1}, len(y))
    assert time.process_time() - begin < 2  # 0.3 s on a core of its own
