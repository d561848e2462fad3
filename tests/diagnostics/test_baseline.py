import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits, load_wine
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline

from kerasdl.data import ArrayExamples
from kerasdl.data.array_preprocessing import ArrayPreprocessing
from kerasdl.data.text_examples import TextExamples
from kerasdl.data.text_preprocessing import TextPreprocessing
from kerasdl.diagnostics import baseline, boosting
from kerasdl.diagnostics.baseline import (
    MAX_EXAMPLES,
    classifiers,
    reconstruction_baselines,
    regressors,
)
from kerasdl.diagnostics.boosting import rows_for_trees
from kerasdl.tasks.classes import Classes

NUMBERS = ArrayPreprocessing((2,), np.zeros(()), np.ones(())).linear_features
RNG = np.random.default_rng(0)
WORDS = TextPreprocessing("words", 4, (), False, 4).linear_features


def test_classification():
    x, y = load_wine(return_X_y=True)
    x = (x - x.mean(0)) / x.std(0)
    scores = classifiers(
        ArrayExamples(x[::2], y[::2]),
        ArrayExamples(x[1::2], y[1::2]),
        NUMBERS,
        Classes(3),
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
    scores = regressors(*_halves(x, y), NUMBERS, np.ravel)
    expected = np.abs(y[1::2] - y[::2].mean()).mean()
    assert np.isclose(scores["mean"]["mean_absolute_error"], expected)
    ridge = Ridge().fit(x[::2], y[::2]).score(x[1::2], y[1::2])
    assert np.isclose(scores["ridge_regression"]["r2_score"], ridge)


def test_large_sets_are_thinned():
    x = np.random.default_rng(0).normal(size=(MAX_EXAMPLES + 5, 2, 2))
    y = (x[:, 0, 0] > 0).astype(int)
    scores = classifiers(
        ArrayExamples(x, y), ArrayExamples(x[:100], y[:100]), NUMBERS, Classes(2)
    )
    assert scores["logistic_regression"]["examples"] == MAX_EXAMPLES
    assert scores["logistic_regression"]["accuracy"] > 0.95


def test_what_would_take_too_long_is_left_out(monkeypatch):
    monkeypatch.setattr(baseline, "MAX_NUMBERS", 20 * 6 * 3)
    x, y = np.random.default_rng(0).normal(size=(20, 6)), np.arange(20) % 3
    small = ArrayExamples(x, y)
    assert "logistic_regression" in classifiers(small, small, NUMBERS, Classes(3))
    four = ArrayExamples(x, np.arange(20) % 4)
    assert "logistic_regression" not in classifiers(four, four, NUMBERS, Classes(4))
    wide = np.tile(x, 4)
    many = ArrayExamples(wide, y)
    assert "ridge_regression" not in regressors(many, many, NUMBERS, np.ravel)
    assert reconstruction_baselines(many, many, 2) == {}


def test_boosted_trees_are_those_of_scikit_learn():
    x, y = load_wine(return_X_y=True)
    scores = classifiers(*_halves(x, y), NUMBERS, Classes(3))["boosted_trees"]
    model = HistGradientBoostingClassifier(random_state=0).fit(x[::2], y[::2])
    assert scores["accuracy"] == model.score(x[1::2], y[1::2])
    shares = model.predict_proba(x[1::2])
    assert scores["log_loss"] == pytest.approx(log_loss(y[1::2], shares))
    np.testing.assert_allclose(np.exp(scores["outputs"]), shares)
    x, y = load_diabetes(return_X_y=True)
    scores = regressors(*_halves(x, y), NUMBERS, np.ravel)["boosted_trees"]
    model = HistGradientBoostingRegressor(random_state=0).fit(x[::2], y[::2])
    assert scores["r2_score"] == pytest.approx(model.score(x[1::2], y[1::2]))
    np.testing.assert_allclose(scores["outputs"], model.predict(x[1::2]))


def _halves(x: np.ndarray, y: np.ndarray) -> list[ArrayExamples]:
    return [ArrayExamples(x[start::2], y[start::2]) for start in (0, 1)]


def test_what_trees_learn_from(monkeypatch: pytest.MonkeyPatch):
    x, y = RNG.normal(size=(50, 4)), np.arange(50) % 4
    few = ArrayExamples(x, y)
    np.testing.assert_array_equal(rows_for_trees(few, 4), np.arange(50))
    monkeypatch.setattr(boosting, "MAX_NUMBERS", 40 * 4 * 4)
    assert rows_for_trees(few, 4) is None
    monkeypatch.setattr(boosting, "MIN_EXAMPLES", 40)
    rows = rows_for_trees(few, 4)
    assert rows is not None
    assert len(rows) == 40
    assert (np.diff(rows) > 0).all()
    assert len(rows_for_trees(few, 1)) == 50
    scores = classifiers(few, few, NUMBERS, Classes(4))
    assert scores["boosted_trees"]["examples"] == 40
    assert scores["boosted_trees"]["of"] == 50
    assert "of" not in scores["majority_class"]
    for other in (x[:, :, None], y[:, None]):  # images and token ids
        assert rows_for_trees(ArrayExamples(other, y), 4) is None


def test_a_class_of_one_example_does_not_end_the_trees():
    x = RNG.normal(size=(10_100, 1))
    y = np.zeros(10_100, int)
    y[:50], y[50] = 1, 2
    some = ArrayExamples(x[:60], y[:60])
    scores = classifiers(ArrayExamples(x, y), some, NUMBERS, Classes(4))
    assert scores["boosted_trees"]["accuracy"] > 0


def test_texts():
    colours = [f"{'red' if n % 3 else 'blue'} and {n}" for n in range(90)]
    y = np.array([int(n % 3 > 0) for n in range(90)])
    scores = classifiers(
        *(TextExamples(y[k::2], y[k::2], tuple(colours[k::2])) for k in (0, 1)),
        WORDS,
        Classes(2),
    )
    assert scores["majority_class"]["accuracy"] == pytest.approx(2 / 3)
    model = make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=500))
    expected = model.fit(colours[::2], y[::2]).score(colours[1::2], y[1::2])
    assert scores["tf-idf_logistic_regression"]["accuracy"] == expected > 0.9


def test_regression_of_texts():
    """A linear model of token ids would be one of the order of the vocabulary."""
    texts = [f"{'red ' * (n % 3)}blue {'green ' * (n % 5)}" for n in range(90)]
    y = np.array([n % 3 + 0.1 * (n % 5) for n in range(90)])
    halves = [
        TextExamples(np.zeros((45, 2), "int32"), y[k::2], tuple(texts[k::2]))
        for k in (0, 1)
    ]
    scores = regressors(*halves, WORDS, np.ravel)
    assert scores.keys() == {"mean", "tf-idf_ridge_regression"}
    model = make_pipeline(TfidfVectorizer(), Ridge())
    expected = model.fit(texts[::2], y[::2]).score(texts[1::2], y[1::2])
    assert scores["tf-idf_ridge_regression"]["r2_score"] == pytest.approx(expected)


def test_reconstruction_is_by_the_singular_vectors():
    x = load_digits().data / 16
    train, test = x[::2].reshape(-1, 8, 8), x[1::2].reshape(-1, 8, 8)
    parts = (ArrayExamples(part, part) for part in (train, test))
    scores = reconstruction_baselines(*parts, 5)["pca"]
    centred = x[1::2] - x[::2].mean(0)
    vectors = np.linalg.svd(x[::2] - x[::2].mean(0))[2][:5]
    left = ((centred - centred @ vectors.T @ vectors) ** 2).sum()
    spread = ((x[1::2] - x[1::2].mean(0)) ** 2).sum()
    assert scores["r2_score"] == pytest.approx(1 - left / spread, abs=1e-3)
    assert scores["mean_squared_error"] == pytest.approx(left / x[1::2].size)


def test_no_more_components_than_there_can_be():
    x = np.random.default_rng(0).normal(size=(20, 3))
    whole = ArrayExamples(x, x)
    scores = reconstruction_baselines(whole, whole, 8)["pca"]
    assert scores["components"] == 3
    assert scores["r2_score"] == pytest.approx(1)
