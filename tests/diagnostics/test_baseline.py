import numpy as np
from sklearn.datasets import load_diabetes, load_wine
from sklearn.linear_model import LogisticRegression, Ridge

from kerasdl.diagnostics.baseline import MAX_EXAMPLES, baselines


def test_classification():
    x, y = load_wine(return_X_y=True)
    x = (x - x.mean(0)) / x.std(0)
    scores = baselines("classification", x[::2], y[::2], x[1::2], y[1::2])
    majority = np.bincount(y[::2]).argmax()
    assert scores["majority_class"]["accuracy"] == (y[1::2] == majority).mean()
    expected = (
        LogisticRegression(max_iter=500).fit(x[::2], y[::2]).score(x[1::2], y[1::2])
    )
    assert scores["logistic_regression"]["accuracy"] == expected
    assert scores["logistic_regression"]["converged"] is True


def test_regression():
    x, y = load_diabetes(return_X_y=True)
    scores = baselines("regression", x[::2], y[::2], x[1::2], y[1::2])
    expected = np.abs(y[1::2] - y[::2].mean()).mean()
    assert np.isclose(scores["mean"]["mean_absolute_error"], expected)
    ridge = Ridge().fit(x[::2], y[::2]).score(x[1::2], y[1::2])
    assert np.isclose(scores["ridge_regression"]["r2_score"], ridge)


def test_large_sets_are_thinned():
    x = np.random.default_rng(0).normal(size=(MAX_EXAMPLES + 5, 2, 2))
    y = (x[:, 0, 0] > 0).astype(int)
    scores = baselines("classification", x, y, x[:100], y[:100])
    assert scores["logistic_regression"]["examples"] == MAX_EXAMPLES
    assert scores["logistic_regression"]["accuracy"] > 0.95
