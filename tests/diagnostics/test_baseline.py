import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits, load_wine
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

from kerasdl.data import ArrayExamples
from kerasdl.data.kinds.arrays import ArrayPreprocessing
from kerasdl.data.text_preprocessing import TextExamples, TextPreprocessing
from kerasdl.diagnostics import baseline
from kerasdl.diagnostics.baseline import (
    MAX_EXAMPLES,
    classifiers,
    reconstruction_baselines,
    reconstruction_score,
    regressors,
)

NUMBERS = ArrayPreprocessing((2,), np.zeros(()), np.ones(())).linear_features
WORDS = TextPreprocessing("words", 4, (), False, 4).linear_features


def test_classification():
    x, y = load_wine(return_X_y=True)
    x = (x - x.mean(0)) / x.std(0)
    scores = classifiers(
        ArrayExamples(x[::2], y[::2]), ArrayExamples(x[1::2], y[1::2]), NUMBERS
    )
    majority = np.bincount(y[::2]).argmax()
    assert scores["majority_class"]["accuracy"] == (y[1::2] == majority).mean()
    expected = (
        LogisticRegression(max_iter=500).fit(x[::2], y[::2]).score(x[1::2], y[1::2])
    )
    assert scores["logistic_regression"]["accuracy"] == expected
    assert scores["logistic_regression"]["converged"] is True


def test_regression():
    x, y = load_diabetes(return_X_y=True)
    scores = regressors(
        ArrayExamples(x[::2], y[::2]), ArrayExamples(x[1::2], y[1::2]), np.ravel
    )
    expected = np.abs(y[1::2] - y[::2].mean()).mean()
    assert np.isclose(scores["mean"]["mean_absolute_error"], expected)
    ridge = Ridge().fit(x[::2], y[::2]).score(x[1::2], y[1::2])
    assert np.isclose(scores["ridge_regression"]["r2_score"], ridge)


def test_large_sets_are_thinned():
    x = np.random.default_rng(0).normal(size=(MAX_EXAMPLES + 5, 2, 2))
    y = (x[:, 0, 0] > 0).astype(int)
    scores = classifiers(ArrayExamples(x, y), ArrayExamples(x[:100], y[:100]), NUMBERS)
    assert scores["logistic_regression"]["examples"] == MAX_EXAMPLES
    assert scores["logistic_regression"]["accuracy"] > 0.95


def test_what_would_take_too_long_is_left_out(monkeypatch):
    monkeypatch.setattr(baseline, "MAX_NUMBERS", 20 * 6 * 3)
    x, y = np.random.default_rng(0).normal(size=(20, 6)), np.arange(20) % 3
    small = ArrayExamples(x, y)
    assert "logistic_regression" in classifiers(small, small, NUMBERS)
    four = ArrayExamples(x, np.arange(20) % 4)
    assert set(classifiers(four, four, NUMBERS)) == {"majority_class"}
    wide = np.tile(x, 4)
    many = ArrayExamples(wide, y)
    assert set(regressors(many, many, np.ravel)) == {"mean"}
    assert reconstruction_baselines(wide, wide, 2) == {}


def test_texts():
    colours = [f"{'red' if n % 3 else 'blue'} and {n}" for n in range(90)]
    y = np.array([int(n % 3 > 0) for n in range(90)])
    scores = classifiers(
        *(TextExamples(y[k::2], y[k::2], tuple(colours[k::2])) for k in (0, 1)), WORDS
    )
    assert scores["majority_class"]["accuracy"] == pytest.approx(2 / 3)
    model = make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=500))
    expected = model.fit(colours[::2], y[::2]).score(colours[1::2], y[1::2])
    assert scores["tf-idf_logistic_regression"]["accuracy"] == expected > 0.9


def test_reconstruction_is_by_the_singular_vectors():
    x = load_digits().data / 16
    train, test = x[::2].reshape(-1, 8, 8), x[1::2].reshape(-1, 8, 8)
    scores = reconstruction_baselines(train, test, 5)["pca"]
    centred = x[1::2] - x[::2].mean(0)
    vectors = np.linalg.svd(x[::2] - x[::2].mean(0))[2][:5]
    left = ((centred - centred @ vectors.T @ vectors) ** 2).sum()
    spread = ((x[1::2] - x[1::2].mean(0)) ** 2).sum()
    assert scores["r2_score"] == pytest.approx(1 - left / spread, abs=1e-3)
    assert scores["mean_squared_error"] == pytest.approx(left / x[1::2].size)


def test_no_more_components_than_there_can_be():
    x = np.random.default_rng(0).normal(size=(20, 3))
    scores = reconstruction_baselines(x, x, 8)["pca"]
    assert scores["components"] == 3
    assert scores["r2_score"] == pytest.approx(1)


def test_reconstruction_is_scored_over_all_features_together():
    y = np.random.default_rng(0).normal(size=(50, 2, 3)) * [1, 5, 0.1]
    predicted = y.copy()
    predicted[..., 1] = 0
    left = (y[..., 1] ** 2).sum()
    spread = ((y - y.mean(0)) ** 2).sum()
    found = reconstruction_score(y, predicted)["r2_score"]
    assert found == pytest.approx(1 - left / spread)
