"""Scores of simple baseline models that a network should beat."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import (
    accuracy_score,
    mean_absolute_error,
    mean_squared_error,
    r2_score,
)

from kerasdl.data import Examples

MAX_EXAMPLES = 10_000
"""Training examples of a linear model; more would hardly help and take too long."""

MAX_NUMBERS = 400_000_000
"""Limit of examples × features × classes; larger linear models take too long."""

Features = Callable[[Examples, Examples, np.ndarray], tuple[str, Any, Any]]
Scores = dict[str, dict[str, Any]]
"""Test metrics of each model, and its number of training examples."""


def classifiers(train: Examples, test: Examples, features: Features) -> Scores:
    """Score simple classifiers on the test split.

    Args:
        train: Training examples with labels.
        test: Test examples.
        features: Returns what a linear model reads; see `Preprocessing.linear_features`.

    Returns:
        Scores of the majority class and of logistic regression, which is skipped above
        `MAX_NUMBERS`.
    """
    rows = _sample(len(train))
    y, y_test = train.take(rows)[1], test.arrays()[1]
    prefix, x, x_test = features(train, test, rows)
    models: dict[str, Any] = {
        "majority_class": DummyClassifier(strategy="most_frequent")
    }
    if _fits(x, len(np.unique(train.arrays()[1]))):
        models[f"{prefix}logistic_regression"] = LogisticRegression(max_iter=500)
    return _scores(models, x, y, x_test, y_test, _accuracy)


def regressors(
    train: Examples, test: Examples, decode: Callable[[np.ndarray], np.ndarray]
) -> Scores:
    """Score the mean and ridge regression on the test split.

    Args:
        train: Training examples.
        test: Test examples.
        decode: Converts encoded targets to their original units.

    Returns:
        Their scores; ridge regression is skipped above `MAX_NUMBERS`.
    """
    (x, y), (x_test, y_test) = train.arrays(), test.arrays()
    rows = _sample(len(train))
    models: dict[str, Any] = {"mean": DummyRegressor()}
    if _fits(x[rows]):
        models["ridge_regression"] = Ridge(alpha=1.0)
    y, y_test = decode(y)[rows], decode(y_test)
    return _scores(models, _flat(x)[rows], y, _flat(x_test), y_test, regression_score)


def reconstruction_baselines(
    x: np.ndarray, x_test: np.ndarray, components: int
) -> Scores:
    """Score the best linear reconstruction, by principal components.

    Args:
        x: Training inputs of shape `(examples, …)`.
        x_test: Test inputs.
        components: Number of components; capped by the shape of the data.

    Returns:
        Scores of PCA; empty above `MAX_NUMBERS`.
    """
    x, x_test = _flat(x)[_sample(len(x))], _flat(x_test)
    if not _fits(x):
        return {}
    components = min(components, *x.shape)
    pca = PCA(components, random_state=0).fit(x)
    reconstruction = pca.inverse_transform(pca.transform(x_test))
    scores = reconstruction_score(x_test, reconstruction)
    return {"pca": scores | {"components": components, "examples": len(x)}}


def regression_score(y: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Return R² and the mean absolute error of numbers of shape `(examples,)`."""
    return {
        "r2_score": float(r2_score(y, predicted)),
        "mean_absolute_error": float(mean_absolute_error(y, predicted)),
    }


def reconstruction_score(x: np.ndarray, rebuilt: np.ndarray) -> dict[str, float]:
    """Return the variance-weighted R² and the mean squared error.

    Args:
        x: Inputs of shape `(examples, …)`.
        rebuilt: Reconstructions of the same size.
    """
    x, rebuilt = _flat(x), rebuilt.reshape(len(x), -1)
    explained = r2_score(x, rebuilt, multioutput="variance_weighted")
    error = mean_squared_error(x, rebuilt)
    return {"r2_score": float(explained), "mean_squared_error": float(error)}


def _accuracy(y: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    return {"accuracy": float(accuracy_score(y, predicted))}


def _flat(x: np.ndarray) -> np.ndarray:
    return x.reshape(len(x), -1)


def _sample(count: int) -> np.ndarray:
    """Return all row numbers, or a random sample of `MAX_EXAMPLES`."""
    if count <= MAX_EXAMPLES:
        return np.arange(count)
    return np.random.default_rng(0).choice(count, MAX_EXAMPLES, replace=False)


def _fits(x: np.ndarray, classes: int = 1) -> bool:
    return x.size * classes <= MAX_NUMBERS


def _scores(
    models: dict[str, Any],
    x: Any,
    y: Any,
    x_test: Any,
    y_test: Any,
    score: Callable[[Any, Any], dict[str, float]],
) -> Scores:
    scores: Scores = {}
    for name, model in models.items():
        with warnings.catch_warnings():
            # The scores below report convergence.
            warnings.simplefilter("ignore", ConvergenceWarning)
            predicted = model.fit(x, y).predict(x_test)
        scores[name] = score(y_test, predicted) | {"examples": len(y)}
        if isinstance(model, LogisticRegression):
            scores[name]["converged"] = bool(max(model.n_iter_) < model.max_iter)
    return scores
