"""Scores of models so simple that a network should beat them."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import (
    accuracy_score,
    mean_absolute_error,
    mean_squared_error,
    r2_score,
)

MAX_EXAMPLES = 10_000
"""A linear model learns little from more, and would take longer than the network."""

MAX_NUMBERS = 400_000_000
"""Examples × features × classes; linear models of more are left out, for the same."""

Scores = dict[str, dict[str, Any]]
"""For each model its test metrics, and how many examples it learned from."""


def baselines(
    task: str, x: np.ndarray, y: np.ndarray, x_test: np.ndarray, y_test: np.ndarray
) -> Scores:
    """Score simple models of numbers on the test split.

    Args:
        task: `"classification"` or `"regression"`.
        x: Standardised training inputs of shape `(examples, …)`.
        y: Training targets of shape `(examples,)`, in their own units.
        x_test: Standardised test inputs.
        y_test: Test targets of shape `(examples,)`, in their own units.

    Returns:
        Scores of the majority class and logistic regression, or of the mean and ridge
        regression; a linear model of more than `MAX_NUMBERS` is left out.
    """
    rows = _sample(len(x))
    small = _fits(x[rows], len(np.unique(y)) if task == "classification" else 1)
    x, x_test = x.reshape(len(x), -1), x_test.reshape(len(x_test), -1)
    if task == "classification":
        models = {"majority_class": DummyClassifier(strategy="most_frequent")}
        linear = {"logistic_regression": LogisticRegression(max_iter=500)}
    else:
        models = {"mean": DummyRegressor()}
        linear = {"ridge_regression": Ridge(alpha=1.0)}
    models |= linear if small else {}
    return _scores(task, models, x[rows], y[rows], x_test, y_test)


def text_baselines(
    texts: Sequence[str], y: np.ndarray, test_texts: Sequence[str], y_test: np.ndarray
) -> Scores:
    """Score simple classifiers of texts on the test split.

    Args:
        texts: Training texts.
        y: Their classes, integers of shape `(texts,)`.
        test_texts: Test texts.
        y_test: Their classes.

    Returns:
        Scores of the majority class, and of logistic regression on TF-IDF weights of
        words.
    """
    rows = _sample(len(texts))
    weights = TfidfVectorizer()
    x = weights.fit_transform([texts[row] for row in rows])
    models = {
        "majority_class": DummyClassifier(strategy="most_frequent"),
        "tf-idf_logistic_regression": LogisticRegression(max_iter=500),
    }
    x_test = weights.transform(test_texts)
    return _scores("classification", models, x, y[rows], x_test, y_test)


def reconstruction_baselines(
    x: np.ndarray, x_test: np.ndarray, components: int
) -> Scores:
    """Score the best linear reconstruction, by principal components.

    Args:
        x: Training inputs of shape `(examples, …)`.
        x_test: Test inputs.
        components: Numbers an input is reduced to; no more than there can be count.

    Returns:
        Scores of PCA; none for more than `MAX_NUMBERS`.
    """
    x, x_test = x.reshape(len(x), -1), x_test.reshape(len(x_test), -1)
    x = x[_sample(len(x))]
    if not _fits(x):
        return {}
    components = min(components, *x.shape)
    pca = PCA(components, random_state=0).fit(x)
    reconstruction = pca.inverse_transform(pca.transform(x_test))
    scores = score("reconstruction", x_test, reconstruction)
    return {"pca": scores | {"components": components, "examples": len(x)}}


def score(task: str, y: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Return the metrics of predictions.

    Args:
        task: `"classification"`, `"regression"` or `"reconstruction"`.
        y: Classes or numbers of shape `(examples,)`, or inputs `(examples, …)`.
        predicted: What was predicted, of the same shape.
    """
    if task == "classification":
        return {"accuracy": float(accuracy_score(y, predicted))}
    if task == "regression":
        return {
            "r2_score": float(r2_score(y, predicted)),
            "mean_absolute_error": float(mean_absolute_error(y, predicted)),
        }
    y, predicted = y.reshape(len(y), -1), predicted.reshape(len(y), -1)
    explained = r2_score(y, predicted, multioutput="variance_weighted")
    error = mean_squared_error(y, predicted)
    return {"r2_score": float(explained), "mean_squared_error": float(error)}


def _sample(count: int) -> np.ndarray:
    """Return the rows of all examples, or of `MAX_EXAMPLES` of them."""
    if count <= MAX_EXAMPLES:
        return np.arange(count)
    return np.random.default_rng(0).choice(count, MAX_EXAMPLES, replace=False)


def _fits(x: np.ndarray, classes: int = 1) -> bool:
    return x.size * classes <= MAX_NUMBERS


def _scores(
    task: str, models: dict[str, Any], x: Any, y: Any, x_test: Any, y_test: Any
) -> Scores:
    scores = {}
    for name, model in models.items():
        with warnings.catch_warnings():
            # Whether it converged is reported below, among the scores.
            warnings.simplefilter("ignore", ConvergenceWarning)
            predicted = model.fit(x, y).predict(x_test)
        scores[name] = score(task, y_test, predicted) | {"examples": len(y)}
        if isinstance(model, LogisticRegression):
            scores[name]["converged"] = bool(max(model.n_iter_) < model.max_iter)
    return scores
