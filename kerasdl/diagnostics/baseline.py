"""Scores of models so simple that a network should beat them."""

import warnings
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, mean_absolute_error, r2_score

MAX_EXAMPLES = 10_000
"""A linear model learns little from more, and would take longer than the network."""


def baselines(
    task: str, x: np.ndarray, y: np.ndarray, x_test: np.ndarray, y_test: np.ndarray
) -> dict[str, dict[str, Any]]:
    """Score simple models on the test split.

    Args:
        task: `"classification"` or `"regression"`.
        x: Standardised training inputs of shape `(examples, …)`.
        y: Training targets of shape `(examples,)`, in their own units.
        x_test: Standardised test inputs.
        y_test: Test targets of shape `(examples,)`, in their own units.

    Returns:
        For each model, its test metrics and how many examples it learned from: the
        majority class and logistic regression, or the mean and ridge regression.
    """
    x, x_test = x.reshape(len(x), -1), x_test.reshape(len(x_test), -1)
    if len(x) > MAX_EXAMPLES:
        rows = np.random.default_rng(0).choice(len(x), MAX_EXAMPLES, replace=False)
        x, y = x[rows], y[rows]
    if task == "classification":
        models = {
            "majority_class": DummyClassifier(strategy="most_frequent"),
            "logistic_regression": LogisticRegression(max_iter=500),
        }
    else:
        models = {"mean": DummyRegressor(), "ridge_regression": Ridge(alpha=1.0)}
    scores = {}
    for name, model in models.items():
        with warnings.catch_warnings():
            # Whether it converged is reported below, among the scores.
            warnings.simplefilter("ignore", ConvergenceWarning)
            predicted = model.fit(x, y).predict(x_test)
        scores[name] = score(task, y_test, predicted) | {"examples": len(x)}
        if isinstance(model, LogisticRegression):
            scores[name]["converged"] = bool(max(model.n_iter_) < model.max_iter)
    return scores


def score(task: str, y: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Return the metrics of predicted classes, or of predicted numbers in their units."""
    if task == "classification":
        return {"accuracy": float(accuracy_score(y, predicted))}
    return {
        "r2_score": float(r2_score(y, predicted)),
        "mean_absolute_error": float(mean_absolute_error(y, predicted)),
    }
