"""Attacks have the closed form of a linear model, and stay in their ball."""

import numpy as np
import pytest
from scipy.special import expit

from kerasdl.diagnostics.attacks import Ball, fgsm, pgd

RNG = np.random.default_rng(0)
W = RNG.normal(size=5)
X = RNG.normal(size=(40, 5))
Y = RNG.integers(2, size=40)


def gradient(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """That of the logistic loss of `x @ W`."""
    return (expit(x @ W) - y)[:, None] * W


def loss(x: np.ndarray) -> np.ndarray:
    return np.logaddexp(0, -(2 * Y - 1) * (x @ W))


def test_fgsm_of_a_linear_model():
    """Goodfellow et al. 2015, section 5: the margin falls by the radius times |w|₁."""
    changed = fgsm(gradient, X, Y, Ball(0.1))
    margin = (2 * Y - 1) * (X @ W)
    worst = np.logaddexp(0, -(margin - 0.1 * np.abs(W).sum()))
    np.testing.assert_allclose(loss(changed), worst, rtol=1e-12)
    np.testing.assert_allclose(np.abs(changed - X), 0.1)


def test_pgd_stays_in_the_ball_and_finds_the_worst_of_a_linear_model():
    start = RNG.random(X.shape)
    changed = pgd(gradient, X, Y, Ball(0.1), start)
    assert np.abs(changed - X).max() <= 0.1 + 1e-12
    np.testing.assert_allclose(changed, fgsm(gradient, X, Y, Ball(0.1)), atol=1e-12)
    np.testing.assert_array_equal(changed, pgd(gradient, X, Y, Ball(0.1), start))
    first = pgd(lambda x, y: 0 * x, X, Y, Ball(0.1), start)
    np.testing.assert_allclose(first, X + 0.1 * (2 * start - 1), atol=1e-12)
    longest = pgd(gradient, X, Y, Ball(0.1), start, steps=1)
    np.testing.assert_allclose(longest, changed, atol=1e-12)  # 2.5 radii at once


def test_values_stay_in_their_range():
    ball = Ball(0.5, -1.0, 1.0)
    clean = X.clip(-1, 1)
    for changed in (
        fgsm(gradient, clean, Y, ball),
        pgd(gradient, clean, Y, ball, RNG.random(X.shape)),
    ):
        assert np.abs(changed).max() <= 1.0
        assert np.abs(changed - clean).max() <= 0.5
        assert loss(changed).mean() > loss(clean).mean()


def test_the_dtype_is_that_of_the_inputs():
    single = X.astype("float32")
    assert fgsm(gradient, single, Y, Ball(0.1)).dtype == "float32"
    assert Ball(0.1).around(single, single + 1).max() <= single.max() + 0.1001
    assert Ball(0.0).around(single, single + 1) == pytest.approx(single)
